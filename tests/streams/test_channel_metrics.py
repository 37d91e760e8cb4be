"""What a station says of its channels: tries by outcome, what is owed, what is dead, since when."""

from __future__ import annotations

from pathlib import Path

from alerts.channels.port import FakeChannel
from alerts.outbox import Outbox
from alerts.room import DeskRoom
from tests.alerts.signals import NOON, signal
from tests.streams.town import NAME, in_service, make_town


def test_every_channel_shows_what_it_was_heard_to_say_and_what_it_owes(tmp_path: Path) -> None:
    with in_service(make_town(tmp_path / "town"), tmp_path / "var") as scene:
        station = scene.station
        book = station.shard.engine.book
        names = ("away-1", "away-2")  # the station delivers over its own meanwhile
        room = DeskRoom(book, station.store, {desk.id: names for desk in station.city.desks})
        room.apply([signal(10**6 + n, alert=f"a{n}", city=NAME, area="east", category="traffic") for n in (1, 2)], NOON)
        roads = {name: FakeChannel(name, script=["refused"] if name == names[0] else ["failed"]) for name in names}
        box = Outbox(station.store, roads, lambda _: book, on_receipt=station.office._tried)
        box.deliver_due(NOON, wait_for_lanes=True)
        station.office._show_channels(station.city)
        shown = scene.metrics.page().decode()
    labels = f'channel="{names[0]}",city="{NAME}"'
    other = f'channel="{names[1]}",city="{NAME}"'
    assert f"tocsin_channel_dead_notices{{{labels}}} 1.0" in shown
    assert f"tocsin_channel_pending_notices{{{labels}}} 0.0" in shown
    assert f"tocsin_channel_oldest_timestamp_seconds{{{labels}}} 0.0" in shown
    assert f"tocsin_channel_pending_notices{{{other}}} 2.0" in shown
    assert f"tocsin_channel_oldest_timestamp_seconds{{{other}}} 1.4535522e+09" in shown
    assert f'tocsin_notices_tried_total{{{labels},outcome="refused"}} 1.0' in shown
    assert f'tocsin_notices_tried_total{{{labels},outcome="accepted"}} 1.0' in shown
    assert f'tocsin_notices_tried_total{{{other},outcome="failed"}} 1.0' in shown
