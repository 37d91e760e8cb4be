"""CSV with the place of every cell."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from streams.city.cells import rows
from streams.problems import Place, Problems


def _read(text: str) -> tuple[list[list[str]], list[str]]:
    problems = Problems()
    read = [[cell.value for cell in row] for row in rows("a.csv", text, problems)]
    return read, [problem.message for problem in problems.all()]


def test_every_cell_has_its_line_and_column() -> None:
    text = 'code,name\r\na,"一,\n二"\n\n  b , "\n'
    cells = [cell for row in rows("a.csv", text, Problems()) for cell in row]
    assert [(cell.value, cell.place) for cell in cells] == [
        ("code", Place(1, 1)),
        ("name", Place(1, 6)),
        ("a", Place(2, 1)),
        ("一,\n二", Place(2, 3)),
        ("b", Place(5, 3)),
        ('"', Place(5, 7)),
    ]


def test_doubled_quotes_are_one_and_blank_rows_are_none() -> None:
    assert _read('"a ""b""",c\n,\n\n') == ([['a "b"', "c"]], [])


def test_what_follows_an_open_quote_is_told_and_marked_as_unread() -> None:
    assert _read('a,b\n"c,d\n') == ([["a", "b"], []], ["csv-quote-open"])
    assert _read('a,b\n"c"d,e\n') == ([["a", "b"], []], ["csv-after-quote"])


_CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=6).map(str.strip)


@given(table=st.lists(st.lists(_CELL, min_size=1, max_size=4), max_size=4))
def test_what_a_csv_writer_wrote_is_read_again(table: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(table)
    read, told = _read(out.getvalue())
    assert told == []
    assert read == [row for row in table if any(row)]


@given(text=st.text(st.sampled_from('ab,"\r\n ')))
def test_no_text_makes_the_reading_fall(text: str) -> None:
    read, told = _read(text)
    assert ([] in read) == bool(told)
