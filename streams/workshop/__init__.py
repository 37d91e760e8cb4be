"""Where operators work on a served city's rules: what lies behind the pages of rules."""

from streams.workshop.room import RuleRoom

__all__ = ["RuleRoom"]
