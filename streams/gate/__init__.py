"""The privacy gate: what looks like a person's number, address or name is refused, and its value forgotten.

One small file a detector, one page of arithmetic: docs/decisions/0003-gate.md.
"""

from streams.gate.verdict import Gate
from streams.gate.view import Class

__all__ = ["Class", "Gate"]
