"""Power fails at any moment: what was answered for is there, what was under way is gone whole, and the city goes on."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from streams.journal import Journal, log
from tests.system.disk import after_power_loss, laid_under_sqlite
from tests.system.night import Night, copied, journal_of, judged_again, make_city, opened, parcel

SEED = 12


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    folder = tmp_path_factory.mktemp("night")
    return Night(make_city(folder / "town"), folder / "var")


@pytest.mark.parametrize("images", [40, pytest.param(200, marks=pytest.mark.nightly)])
def test_after_power_loss_everything_answered_is_there_and_the_city_goes_on(
    images: int, night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "CHECKPOINT_BYTES", 1 << 16)  # many checkpoints in one night
    night = Night(night.city, tmp_path / "var")
    with laid_under_sqlite() as disk:
        night.live(disk.ops)
    undisturbed = records(journal_of(night.data))
    dice = random.Random(SEED)
    cut = 0
    for n in range(images):
        at = dice.randrange(len(disk.ops) + 1)
        image = copied(after_power_loss(disk.ops[:at], dice), night.data, tmp_path / f"image-{n}")
        with opened(night.city, image) as town:
            found = records(journal_of(image))
            assert found == undisturbed[: len(found)], f"image {n} at {at}"
            assert len(found) >= night.acknowledged(at), f"image {n} at {at}"
            cut += town.recovery.cut_pages
            town.shard.take([parcel(night.city, 900)])
            with closing(sqlite3.connect(journal_of(image))) as link:
                assert link.execute("pragma integrity_check").fetchall() == [("ok",)]
            again = judged_again(night.city, journal_of(image))
            assert {alert.id for alert in town.store.final()} == {alert.id for alert in again.store.final()}
    assert cut > 0, "no image cut a write: the dice are blind"


def records(path: Path) -> list[bytes]:
    with closing(Journal.open(path, read_only=True)) as journal:
        return [data for _, _, data, _ in journal._rows(0)]
