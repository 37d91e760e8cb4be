"""Where what a page orders goes. Port, and the way of one machine: the folder of what is handed over."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from rules.records import ByHand, Review, Shadowing, UseBook
from streams.handover import hand_over_order, hand_over_swap, lay_and_wait
from streams.releases.swap import Swap

Given = ByHand | Review | UseBook | Shadowing


class Hands(Protocol):
    """`at`: when it was ordered, ms. Whether it was taken; raises SpokenError where it cannot be given at all."""

    def give(self, order: Given, at: int) -> bool: ...
    def swap(self, swap: Swap, at: int) -> bool: ...


class FolderHands:
    """Through the data folder of a city that this process, or another one on the machine, serves."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def give(self, order: Given, at: int) -> bool:
        return lay_and_wait(self._folder, lambda: hand_over_order(self._folder, order, at))

    def swap(self, swap: Swap, at: int) -> bool:
        return lay_and_wait(self._folder, lambda: hand_over_swap(self._folder, swap, at))
