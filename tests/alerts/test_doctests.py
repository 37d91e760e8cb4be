"""The examples in the docstrings of this room are true."""

from __future__ import annotations

import doctest
import importlib

import pytest

MODULES = ["alerts.notice", "alerts.export", "alerts.channels.signature", "alerts.words.figures"]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_hold(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0
