"""What holds for every test: how many examples a property gets, that CI skips nothing, that logs are left as found."""

from __future__ import annotations

import logging
import os
from collections.abc import Generator, Iterator
from typing import Final

import pytest
import structlog
from hypothesis import HealthCheck, settings

IN_CI: Final = bool(os.environ.get("CI"))

_SLOW_MACHINES_ARE_NO_FAULT: Final = [HealthCheck.too_slow, HealthCheck.data_too_large]

settings.register_profile(
    "default",
    max_examples=25,
    deadline=None,
    print_blob=True,
    derandomize=IN_CI,  # the same examples for the same tree; new ones are looked for in the nightly run
    suppress_health_check=_SLOW_MACHINES_ARE_NO_FAULT,
)
settings.register_profile(
    "nightly",
    max_examples=2_000,
    deadline=None,
    print_blob=True,
    suppress_health_check=_SLOW_MACHINES_ARE_NO_FAULT,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def _fail_a_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not report.skipped:
        return
    why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"where CI is set nothing may be skipped, and {report.nodeid} was: {why}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where CI is set, a skipped or expected-to-fail test fails."""
    report = yield
    if IN_CI:
        _fail_a_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Where CI is set, a module that leaves itself out fails."""
    report = yield
    if IN_CI:
        _fail_a_skip(report)
    return report


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """Whatever a test says about logs is forgotten after it: the next one has other streams."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
