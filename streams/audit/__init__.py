"""The audit of law 9: where every received event went, by feed and day, proven by counting it all a second time."""

from streams.audit.audit import Audit, Imbalance, audit
from streams.audit.recount import Recount
from streams.audit.report import lines, table

__all__ = ["Audit", "Imbalance", "Recount", "audit", "lines", "table"]
