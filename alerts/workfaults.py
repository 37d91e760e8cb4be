"""Why work on rules is not done: a closed list, said in words where it is answered (`alerts.api.troubles`)."""

from __future__ import annotations

from typing import Literal

WorkFault = Literal[
    "rule_gone", "not_taken", "order_own", "order_gone",
    "draft_changed", "draft_gone", "draft_unfit", "draft_long", "drafts_full", "rule_known", "rule_name",
    "override_unread", "override_gone",
    "release_same", "release_own", "release_overtaken", "release_gone", "release_first", "release_unfit",
    "release_differs", "release_broken", "release_young",
    "trials_full", "cases_fail", "cases_unplayed", "not_kept", "release_changed",
    "shadow_same", "shadow_there", "shadow_gone", "shadow_own", "shadow_stopped", "shadow_young", "shadow_differs",
    "shadows_full",
]  # fmt: skip
"""rule_gone: no such rule in force. not_taken: laid ready, and the city has not taken it yet. order_own: whoever gave
it cannot review it. order_gone: it waits for no review. draft_*: changed by another since it was read, not there, with
problems in it, too long; drafts_full: too many. rule_known, rule_name: for a new rule. override_unread: the text cannot
be read; override_gone: it has none there. release_*: as `tocsin rules approve` and `rollback` say
it; release_young: it brings a shadow before its shifts; release_changed: another one runs by now. trials_full: too
many wait. cases_fail: a case of the draft is not as it expects; cases_unplayed: they came to no end. not_kept: the data
folder takes nothing. shadow_*: as `tocsin rules shadow` says it; shadows_full: too many run."""


class WorkRefused(Exception):
    """Why something was not done."""

    def __init__(self, fault: WorkFault) -> None:
        super().__init__(fault)
        self.fault: WorkFault = fault
