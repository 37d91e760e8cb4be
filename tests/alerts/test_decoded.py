"""What a store keeps decoded is never older than what lies in it, and never missing."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from alerts import decoded
from alerts.acting import moved_by
from alerts.database import SqliteStore
from alerts.duty import Act
from alerts.room import DeskRoom
from alerts.store import Change
from tests.alerts.signals import CITY, NOON, book, signal


def filled(store: SqliteStore, alerts: int) -> None:
    said = [signal(n, alert=f"a{n}") for n in range(1, alerts + 1)]
    DeskRoom(book(), store, {}).apply(said, NOON)


def test_a_change_by_another_process_is_seen(tmp_path: Path) -> None:
    with (
        closing(SqliteStore(tmp_path / "alerts.sqlite")) as store,
        closing(SqliteStore.look(tmp_path / "alerts.sqlite")) as beside,
    ):
        filled(store, 3)
        assert [alert.duty.stage for _, alert in beside.owed()] == ["open"] * 3
        version, alert = store.known(["a2"])["a2"]
        take = Act("take", NOON + 1, account="1001", desk="county", role="officer", rank=1)
        store.commit(Change(CITY, None, (moved_by(alert, take),), (("a2", take),), was={"a2": version}))
        for one in (store, beside):
            assert [alert.duty.stage for _, alert in one.owed()] == ["open", "taken", "open"]
            assert [one.alert(i) for i in ("a1", "a2")] == [known for _, known in one.owed()][:2]


def test_more_than_are_kept_are_all_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoded, "KEPT", 4)
    with closing(SqliteStore(tmp_path / "alerts.sqlite")) as store:
        filled(store, 11)
        for _ in range(2):
            assert [alert.id for alert in store.between(0, NOON + 1)] == sorted(f"a{n}" for n in range(1, 12))
