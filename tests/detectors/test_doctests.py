"""The examples in the docstrings of the detectors are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import rules.detectors

MODULES = [module.name for module in pkgutil.iter_modules(rules.detectors.__path__, "rules.detectors.")]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples() -> None:
    counted = [doctest.testmod(importlib.import_module(name)).attempted for name in MODULES]
    assert sum(counted) > 0
