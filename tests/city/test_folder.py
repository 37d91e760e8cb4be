"""What of a folder may be opened, and by which names."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.city import init, read_city
from streams.city.folder import Folder
from streams.problems import Problems


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../secret", "", "a\0b", "out/secret"])
def test_a_name_that_leads_out_is_never_opened(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    city = tmp_path / "city"
    (city / "a").mkdir(parents=True)
    (city / "out").symlink_to(tmp_path)
    problems = Problems()
    assert Folder(city, problems).text(name, 100) is None
    assert [problem.message for problem in problems.all()] == ["outside-folder"]


def test_a_link_that_stays_inside_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text("a: 1")
    (tmp_path / "link.yaml").symlink_to("real.yaml")
    assert Folder(tmp_path, Problems()).text("link.yaml", 100) == "a: 1"


def test_a_city_that_is_itself_reached_by_a_link_is_read(tmp_path: Path) -> None:
    init(tmp_path / "city")
    (tmp_path / "link").symlink_to("city")
    assert read_city(tmp_path / "link").city is not None


def test_a_file_of_exactly_the_longest_size_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x" * 100)
    problems = Problems()
    assert Folder(tmp_path, problems).text("a", 100) is not None
    assert Folder(tmp_path, problems).text("a", 99) is None
    assert [problem.message for problem in problems.all()] == ["file-too-large"]


@given(name=st.text(max_size=300))
def test_no_name_whatever_makes_looking_fall(name: str) -> None:
    folder = Folder(Path("/nowhere"), Problems())
    assert folder.text(name, 10) is None
    assert not folder.has(name) or name.strip("./") == "" or name.startswith("/")


@pytest.mark.parametrize("name", ["x" * 5000, "\0", "no/such/city", ""])
def test_a_folder_that_cannot_be_is_told_and_nothing_more(name: str) -> None:
    reading = read_city(Path("/nowhere") / name)
    assert [problem.message for problem in reading.problems] == ["folder-missing"]


@pytest.mark.parametrize(
    ("folder", "name"),
    [("deep/city", "city"), ("My Town", "my-town"), ("east", "newcity"), ("null", "newcity"), ("北京", "newcity")],
)
def test_init_writes_a_whole_city_called_after_its_folder(tmp_path: Path, folder: str, name: str) -> None:
    init(tmp_path / folder)
    reading = read_city(tmp_path / folder)
    assert reading.city is not None, reading.render()
    assert (reading.city.name, reading.city.book.areas.root) == (name, name)
    assert (len(reading.city.book.rules), list(reading.city.feeds)) == (1, ["calls"])


def test_a_name_that_is_given_goes_before_the_folder(tmp_path: Path) -> None:
    init(tmp_path / "folder", "harbour-town")
    city = read_city(tmp_path / "folder").city
    assert city is not None
    assert dict(city.names) == {"en": "Harbour Town", "zh-CN": "Harbour Town"}


def test_init_never_writes_over_anything(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="not empty"):
        init(tmp_path)
    with pytest.raises(FileExistsError, match="not empty"):
        init(tmp_path / "mine.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
