"""Times as feeds write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.records import NO_TIME
from streams.feeds.durations import duration
from streams.feeds.formats import problem_with
from streams.feeds.times import FAULTS, RFC3339, TimeReader
from streams.refusals import Reason

NEW_YORK = "America/New_York"
_UNTIL = datetime.fromisoformat("2037-12-30")
MOMENTS = st.datetimes(datetime.fromisoformat("1971-01-01"), _UNTIL, timezones=st.just(UTC))


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def read(text: str, *formats: str, **options: object) -> int | Reason | None:
    """The instant, or why there is none."""
    column = TimeReader(formats or ("rfc3339",), NEW_YORK, **options).read([text])  # type: ignore[arg-type]  # test options
    if column.fault[0] == 0:
        return int(column.at[0])
    assert column.at[0] == NO_TIME
    return FAULTS[column.fault[0]]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2016-01-23T10:00:00Z", "2016-01-23T10:00:00+00:00"),
        ("2016-01-23t10:00:00z", "2016-01-23T10:00:00+00:00"),
        ("2016-01-23T10:00:00.5+08:00", "2016-01-23T02:00:00.500+00:00"),
        ("2016-01-23T10:00:00-05:30", "2016-01-23T15:30:00+00:00"),
        ("2016-02-29T23:59:59Z", "2016-02-29T23:59:59+00:00"),
    ],
)
def test_rfc_3339_is_read(text: str, meant: str) -> None:
    assert read(text) == ms(meant)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2016-01-23T10:00:00", Reason.TIME_WITHOUT_OFFSET),
        ("2016-01-23 10:00:00Z", Reason.BAD_TIME),
        ("2016-12-31T23:59:60Z", Reason.LEAP_SECOND),
        ("0000-01-01T00:00:00Z", Reason.TIME_OUT_OF_RANGE),
        ("9999-12-31T23:59:59Z", Reason.TIME_OUT_OF_RANGE),
        ("1969-12-31T23:59:59Z", Reason.TIME_OUT_OF_RANGE),
        ("1970-01-01T00:00:00+01:00", Reason.TIME_OUT_OF_RANGE),
        ("2015-02-29T00:00:00Z", Reason.BAD_TIME),
        ("2016-01-23T24:00:00Z", Reason.BAD_TIME),
        ("2016-01-23T10:00:00+24:00", Reason.BAD_TIME),
        ("2016-01-23T10:00Z", Reason.BAD_TIME),
        ("２０16-01-23T10:00:00Z", Reason.BAD_TIME),
        ("٢٠١٦-01-23T10:00:00Z", Reason.BAD_TIME),
        ("yesterday", Reason.BAD_TIME),
        ("x" * 5000, Reason.BAD_TIME),
    ],
)
def test_what_is_no_time_is_said_clearly(text: str, reason: Reason) -> None:
    assert read(text) is reason


@given(st.lists(MOMENTS, max_size=20))
def test_what_python_writes_is_read_back(moments: list[datetime]) -> None:
    written = [moment.isoformat(timespec="milliseconds") for moment in moments]
    assert RFC3339.read(written).at.tolist() == [ms(text) for text in written]


@given(
    st.lists(MOMENTS, min_size=1, max_size=20),
    st.sampled_from([NEW_YORK, "Europe/Berlin", "Asia/Shanghai", "Australia/Lord_Howe"]),
)
def test_local_times_mean_what_zoneinfo_says(moments: list[datetime], zone: str) -> None:
    """Fold 0 for a time that occurs twice; the clock before the change for one that is skipped."""
    texts = [moment.strftime("%d/%m/%Y %H:%M:%S") for moment in moments]
    meant = [
        round(datetime.strptime(text, "%d/%m/%Y %H:%M:%S").replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)
        for text in texts
    ]
    assert TimeReader(("%d/%m/%Y %H:%M:%S",), zone).read(texts).at.tolist() == meant


@pytest.mark.parametrize(
    ("text", "options", "meant"),
    [
        ("2015-11-01 01:30:00", {}, "2015-11-01T05:30:00+00:00"),
        ("2015-11-01 01:30:00", {"twice": "later"}, "2015-11-01T06:30:00+00:00"),
        ("2015-11-01 01:30:00", {"twice": "refuse"}, Reason.AMBIGUOUS_TIME),
        ("2016-03-13 02:30:00", {}, "2016-03-13T07:30:00+00:00"),
        ("2016-03-13 02:30:00", {"never": "refuse"}, Reason.NONEXISTENT_TIME),
        ("2016-03-13 03:00:00", {"never": "refuse"}, "2016-03-13T07:00:00+00:00"),
    ],
)
def test_hours_that_daylight_saving_repeats_or_skips(text: str, options: dict[str, str], meant: str | Reason) -> None:
    expected = ms(meant) if not isinstance(meant, Reason) else meant
    assert read(text, "%Y-%m-%d %H:%M:%S", **options) == expected


def test_several_formats_stand_in_one_column() -> None:
    reader = TimeReader(("%Y-%m-%d %H:%M", "%d %b %Y %I:%M %p", "%m/%d/%y", "epoch_s", "epoch_ms"), NEW_YORK)
    texts = ["2016-01-23 10:05", "23 Jan 2016 10:05 AM", "1/23/16", "1453561500", "1453561500000", "", "nothing"]
    column = reader.read(texts)
    at = ms("2016-01-23T15:05:00+00:00")
    assert column.at.tolist() == [at, at, ms("2016-01-23T05:00:00+00:00"), at, at, NO_TIME, NO_TIME]
    assert [FAULTS[code] for code in column.fault] == [None, None, None, None, None, None, Reason.BAD_TIME]


def test_dates_without_a_time_lie_where_the_feed_puts_them() -> None:
    assert read("2016-07-01", "%Y-%m-%d", day_at=duration("12h")) == ms("2016-07-01T16:00:00+00:00")


@given(st.lists(st.text(alphabet="0123456789-/: TZ+.AMPam年", max_size=24), max_size=12))
def test_a_column_is_read_as_each_of_its_cells(texts: list[str]) -> None:
    """Width by width or one by one: the same instants."""
    for formats in (("rfc3339",), ("%Y-%m-%d %H:%M:%S", "%m/%d/%Y"), ("epoch_ms",)):
        reader = TimeReader(formats, NEW_YORK)
        alone = [reader.read([text]) for text in texts]
        assert reader.read(texts).at.tolist() == [int(column.at[0]) for column in alone]


@pytest.mark.parametrize("form", ["%Y-%m-%d", "rfc3339", "epoch_s", "%d.%m.%y %H:%M", "%d %B %Y"])
def test_formats_that_can_be_used(form: str) -> None:
    assert problem_with(form) is None


@pytest.mark.parametrize("form", ["%Y-%m", "%H:%M", "%Q", "%Y %Y %m %d", "tomorrow"])
def test_formats_that_cannot(form: str) -> None:
    assert problem_with(form)


@pytest.mark.parametrize("text", ["1h", "90s", "2w"])
def test_durations(text: str) -> None:
    assert duration(text) % timedelta(seconds=1).seconds == 0


@pytest.mark.parametrize("text", ["", "1", "h", "-1h", "1.5h", 60, None, "１h"])
def test_what_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match="whole number and a unit"):
        duration(text)
