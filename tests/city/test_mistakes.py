"""Every mistake is named, with its place, in both languages."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from streams.city import Reading, check, read_city
from streams.city.case_checks import read_cases
from streams.city.folder import Folder
from streams.problems import LANGUAGES, TEXTS, Problems
from tests.city.scenes import MISTAKES, SCENES, lay_over, new_city

FOLDERS = sorted(path.name for path in MISTAKES.iterdir())


Told = Callable[[str], Reading]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """What is told of a mistake (a folder's name) or of a scene; each is read once."""

    @cache
    def read(name: str) -> Reading:
        folder = tmp_path_factory.mktemp("mistake")
        city = new_city(folder)
        if name in SCENES:
            SCENES[name][0](city)
        else:
            lay_over(MISTAKES / name, city)
        reading = read_city(city)
        if reading.city is not None:
            reading = Reading(None, read_cases(reading.city).problems)
        shutil.rmtree(folder)
        return reading

    return read


@pytest.mark.parametrize("name", FOLDERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mistake_is_told_with_its_place(name: str, language: str, told: Told) -> None:
    assert told(name).city is None
    expected = (MISTAKES / name / f"expected.{language}.txt").read_text(encoding="utf-8")
    assert told(name).render(language) + "\n" == expected


@pytest.mark.parametrize("name", SCENES)
def test_what_no_folder_in_git_can_hold_is_told_too(name: str, told: Told) -> None:
    lines = told(name).render("en").splitlines()
    assert [line for line in lines if line.startswith(SCENES[name][1])], lines[:5]


def test_every_message_of_the_catalogue_is_provoked(told: Told) -> None:
    provoked = {problem.message for name in (*FOLDERS, *SCENES) for problem in told(name).problems}
    below = {"summary-problems", "summary-whole", "file-unreadable", "detector-broken"}  # each has a test of its own
    assert set(TEXTS) - below == provoked


def test_a_file_that_the_system_will_not_read_is_told() -> None:
    problems = Problems()
    assert Folder(Path("/proc/self"), problems).text("mem", 10) is None
    assert [problem.message for problem in problems.all()] == ["file-unreadable"]


def test_mistakes_in_several_files_are_told_in_one_run(tmp_path: Path) -> None:
    city = new_city(tmp_path)
    for name in ("key-misspelt", "area-without-chinese-name", "desk-overlap", "users-wrong", "calendar-no-day"):
        lay_over(MISTAKES / name, city)
    told = {problem.file for problem in read_city(city).problems}
    assert told == {
        "areas.csv", "calendar.yaml", "city.yaml", "desks.yaml", "rules/traffic-surge.yaml", "users.yaml",
    }  # fmt: skip


def test_a_broken_city_file_hides_no_mistake_of_the_others(tmp_path: Path) -> None:
    city = new_city(tmp_path)
    (city / "city.yaml").write_text("name: [\n")
    lay_over(MISTAKES / "area-ring", city)
    lay_over(MISTAKES / "window-shorter-than-step", city)
    told = {problem.message for problem in read_city(city).problems}
    assert {"yaml-bracket", "cycle", "window-short"} <= told
    assert not {"name-missing", "level-unknown", "colour-unknown", "column-unknown"} & told


def test_a_broken_area_row_hides_no_misspelt_area_elsewhere(tmp_path: Path) -> None:
    city = new_city(tmp_path)
    lay_over(MISTAKES / "area-dates-crossed", city)
    lay_over(MISTAKES / "users-wrong", city)
    assert "area-unknown" in {problem.message for problem in read_city(city).problems}


def test_check_answers_1_with_a_line_for_each_mistake_and_their_number(tmp_path: Path) -> None:
    city = new_city(tmp_path)
    lay_over(MISTAKES / "users-wrong", city)
    assert check(city, "en") == (1, (MISTAKES / "users-wrong" / "expected.en.txt").read_text() + "3 problems")
    assert check(city, "zh-CN")[1].endswith("\n共 3 个问题")


def test_check_answers_0_with_what_there_is(tmp_path: Path) -> None:
    city = new_city(tmp_path)
    assert check(city) == (0, "New City: 3 areas, 2 categories, 1 feed, 1 rule, 1 desk: all is well")
    assert check(city, "zh-CN") == (0, "新城市：3 个区域，2 个类别，1 个数据源，1 条规则，1 个值班台：检查通过")


def test_a_name_or_a_secret_that_stands_in_the_wrong_place_is_not_repeated(tmp_path: Path) -> None:
    for mistake in ("user-by-name", "channel-wrong"):
        folder = tmp_path / mistake
        folder.mkdir()
        city = new_city(folder)
        lay_over(MISTAKES / mistake, city)
        told = read_city(city).render("en")
        assert "Li Lei" not in told
        assert "secret@" not in told
        assert "S3cret" not in told
