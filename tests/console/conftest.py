"""The sample's console, asked without a network."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from alerts.console import create_app
from alerts.console.sample import SampleBoard, sample_board
from tests.access.conftest import fresh, town

__all__ = ["fresh", "town"]


@pytest.fixture
def source() -> SampleBoard:
    return sample_board()


@pytest.fixture
def client(source: SampleBoard) -> TestClient:
    return TestClient(create_app({"sample": source}), raise_server_exceptions=False)
