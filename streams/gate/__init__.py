"""The privacy gate: what looks like a person's number, address or name is refused, and its value forgotten."""

from streams.gate.verdict import Class, Gate

__all__ = ["Class", "Gate"]
