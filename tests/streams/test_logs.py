"""Logs: JSON in production, and never what came in."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from streams import logs

SECRET = "13912345678"


@pytest.fixture
def out() -> io.StringIO:
    stream = io.StringIO()
    logs.configure("auto", stream=stream)
    return stream


def told(out: io.StringIO) -> dict[str, object]:
    (line,) = out.getvalue().splitlines()
    found = json.loads(line)
    assert isinstance(found, dict)
    return found


def fail() -> None:
    raise KeyError(SECRET)


def test_a_line_is_json_where_there_is_no_terminal(out: io.StringIO) -> None:
    structlog.get_logger().info("city_recovered", city="town", records=3)
    found = told(out)
    assert (found["event"], found["city"], found["records"], found["level"]) == ("city_recovered", "town", 3, "info")


def test_an_exception_is_told_by_kind_and_place_without_its_words(out: io.StringIO) -> None:
    try:
        fail()
    except KeyError:
        structlog.get_logger().exception("writer_broke")
    found = told(out)
    assert found["fault"] == "KeyError"
    assert str(found["places"][-1]).endswith(":fail")  # type: ignore[index]  # a list, as configured
    assert SECRET not in out.getvalue()


def test_a_library_is_heard_but_not_quoted(out: io.StringIO) -> None:
    try:
        fail()
    except KeyError:
        logging.getLogger("some.library").exception("cannot read %s", SECRET)
    found = told(out)
    assert (found["event"], found["library"], found["fault"]) == ("library_said", "some.library", "KeyError")
    assert SECRET not in out.getvalue()


def test_on_a_terminal_neither_words_nor_locals_of_a_fault_are_shown() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    logs.configure("auto", stream=stream)
    try:
        fail()
    except KeyError:
        structlog.get_logger().exception("writer_broke")
    assert "writer_broke" in stream.getvalue()
    assert SECRET not in stream.getvalue()
