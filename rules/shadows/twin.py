"""A copy of a rule at work that shares nothing with it but the counts: made of the rows that a snapshot is made of."""

from __future__ import annotations

from rules.matters.kept import give_matters, matters_rows
from rules.matters.watch import MatterWatch
from rules.names import Names
from rules.watch import RuleWatch


def twin_of(watch: RuleWatch) -> RuleWatch:
    """Another that has learned, told and judged the same."""
    from rules import snapshots  # noqa: PLC0415 - snapshots know every part of an engine, so they import it

    twin = RuleWatch(watch.rule, watch.judge.book, watch.counts, watch.fingerprint)
    twin.judge.exclusions = watch.judge.exclusions
    snapshots.give_rule(twin, dict(snapshots.rule_rows(watch)))
    return twin


def twin_of_matters(watch: MatterWatch, names: Names) -> MatterWatch:
    """Another that follows the same matters."""
    from rules import snapshots  # noqa: PLC0415 - as above

    twin = MatterWatch(watch.rule, watch.book, watch.begins)
    rows = dict(matters_rows(watch, names, snapshots.packed))
    give_matters(twin, rows, names, snapshots.unpacked)
    return twin
