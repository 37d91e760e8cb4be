"""Commands ask the modules of the Kafka road by name, past the type checker: what they ask for is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from streams.worker_command import road

STREAMS: Final = Path(__file__).parents[2] / "streams"
ASKED: Final = re.compile(r"road\(\"(\w+)\"\)\.(\w+)")


def test_every_function_that_a_command_asks_of_the_kafka_road_is_there() -> None:
    asked = {found for path in STREAMS.rglob("*.py") for found in ASKED.findall(path.read_text("utf-8"))}
    assert {("orders", "give"), ("worker", "run")} <= asked
    assert {one for one in asked if not hasattr(road(one[0]), one[1])} == set()
