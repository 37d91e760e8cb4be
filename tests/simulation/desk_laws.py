"""The desk holds what was said, and each move of it is heard."""

from __future__ import annotations

from collections import Counter, defaultdict

from alerts.alert import Alert
from alerts.channels.port import Message
from rules.book import Book
from rules.records import Blind, Down, Retire, StopRule, UseBook
from tests.simulation.found import Found, feeds_of, short
from tests.simulation.lived import Lived
from tests.simulation.muted import spans


def the_desk_holds_what_was_said(found: Found) -> str:
    wanted = {alert.id: alert for alert in found.store.final()}
    held = {alert.id: alert for alert in found.lived.alerts}
    lost, more = sorted(wanted.keys() - held.keys()), sorted(held.keys() - wanted.keys())
    changed = [name for name in wanted.keys() & held.keys() if _state(wanted[name]) != _state(held[name])]
    if lost or more or changed:
        return f"{len(lost)} alerts lost, {len(more)} too many, {len(changed)} differ: {(lost + more + changed)[:2]}"
    if len(held) != len(found.lived.alerts):
        return "an alert is there twice"
    return ""


def _state(alert: Alert) -> object:
    moves = [(move.at, move.reason, move.colour, move.observed, move.area) for move in alert.moves]
    return alert.state, alert.desk, alert.rank, alert.colour, alert.signal, moves


def every_move_is_heard_once(found: Found) -> str:
    """On every road of the desk, in order; twice only for what was in doubt, with the same id."""
    lived = found.lived
    if lived.machine.desk_lost:  # what it was told before it is told again in silence
        return _doubled(lived)
    notices = defaultdict(list)
    for notice in lived.notices:
        notices[notice.alert_id, notice.channel].append(notice)
    for alert in lived.alerts:
        for desk in lived.town.desks:
            moves = _told_to(desk.id, alert, found.first)
            for channel in desk.channels:
                said = [n.reason for n in notices[alert.id, channel.name] if n.desk == desk.id]
                if said != moves:
                    return f"alert {alert.id} moved {moves} for {desk.id}, and {channel.name} was told {said}"
    unsent = [notice.id for notice in lived.notices if notice.state != "sent"]
    if unsent:
        return f"{len(unsent)} notices were never sent"
    for name, road in lived.machine.roads.items():
        heard = {told for message in road.heard for told in told_by(message)}
        owed = {notice.id for notice in lived.notices if notice.channel == name}
        if heard != owed:
            return f"{name}: {len(owed - heard)} notices not heard, {len(heard - owed)} that nobody wrote"
    return _doubled(lived)


def _told_to(desk: str, alert: Alert, book: Book) -> list[str]:
    """The moves that a desk is told of: those of an alert that is its own then, and the one that takes it away."""
    owners = [book.first_desk(move.area, alert.signal.category) for move in alert.moves]
    before = ["", *owners]
    return [move.reason for move, now, was in zip(alert.moves, owners, before, strict=False) if desk in (now, was)]


def told_by(message: Message) -> tuple[str, ...]:
    """The ids of the notices that a message tells: its own, or those of a digest."""
    return message.holds or (message.id,)


def _doubled(lived: Lived) -> str:
    """A kill leaves one telling in doubt, which may be of several notices; what is told twice comes under one id."""
    for name, road in lived.machine.roads.items():
        under = defaultdict(set)
        for message in road.heard:
            for told in told_by(message):
                under[told].add(message.id)
        if strays := [told for told, ids in under.items() if len(ids) > 1]:
            return f"{name}: {len(strays)} notices came under two ids: {strays[:2]}"
        times = Counter(message.id for message in road.heard)
        doubled = sum(times.values()) - len(times)
        tellings = {message.created_at for message in road.heard if times[message.id] > 1}
        if doubled > road.doubts + lived.kills and len(tellings) > 2 * (road.doubts + lived.kills):
            return f"{name}: {doubled} notices doubled by {road.doubts} doubts and {lived.kills} kills"
    return ""


def law_8_nothing_is_over_while_a_feed_is_silent(found: Found) -> str:
    """In the order in which it was said: no spike is over while a feed that its rule counts is said to be silent, by
    its own alert or by an Order. What was over before may still be told what came later (decision 0016)."""
    silent: set[str] = set()
    over: set[str] = set()
    ended_by_order = bool(found.orders(StopRule, UseBook, Retire))
    rules = {rule.id: rule for book in found.books.values() for rule in book.rules}
    muted = spans(found.records)
    deaf_by_order = [order for order in found.orders(Blind, Down) if isinstance(order, Blind | Down)]
    for signal in found.signals:
        if signal.kind == "silence":
            (silent.add if signal.state == "running" else silent.discard)(signal.feed)
        elif signal.state != "over":
            over.discard(signal.alert)
        elif signal.alert in over:
            continue
        elif signal.rule in rules and not ended_by_order and signal.kind != "stopped":
            over.add(signal.alert)
            counted = feeds_of(rules[signal.rule], found.first)
            told = [o for o in deaf_by_order if o.start <= signal.at < o.until]
            told_of = {feed for o in told for feed in ([o.feed] if isinstance(o, Blind) else counted)}
            told_of |= {feed for feed, span in muted if span.start <= signal.at < span.until}
            deaf = (silent | told_of) & counted
            if deaf:
                return f"{short(signal)} is over while {sorted(deaf)} is silent"
    return ""
