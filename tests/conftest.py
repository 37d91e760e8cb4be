"""What holds for every test: how many examples a property gets, that CI skips nothing, that logs are left as found."""

from __future__ import annotations

import logging
import os
from collections.abc import Generator, Iterator
from typing import Final

import pytest
import structlog
from hypothesis import HealthCheck, is_hypothesis_test, settings

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
    max_examples=400,
    deadline=None,
    print_blob=True,
    suppress_health_check=_SLOW_MACHINES_ARE_NO_FAULT,
)
PROFILE: Final = os.environ.get("HYPOTHESIS_PROFILE", "default")
settings.load_profile(PROFILE)

LAWS: Final = ("test_laws.py", "test_baseline_in_force.py")
EXAMPLES_OF_A_LAW: Final = 2_000
"""In the nightly run, of each property in the files that hold the laws of the engine; others, the same laws over other
detectors among them, get 400, so that a night is long enough."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the laws their examples."""
    if PROFILE != "nightly":
        return
    for item in items:
        if isinstance(item, pytest.Function) and item.path.name in LAWS and is_hypothesis_test(item.obj):
            settings(max_examples=EXAMPLES_OF_A_LAW)(item.obj)


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
