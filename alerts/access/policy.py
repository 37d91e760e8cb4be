"""Which action each route needs. What is not here is not there: a route without a line cannot be reached.

A test holds this table against every route of the application, and another, written apart, against every role.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from alerts.access.roles import Action

POLICY: Final[Mapping[tuple[str, str], Action]] = {
    # doors of machines, which have secrets of their own, and what says whether the process lives
    ("POST", "/v1/events"): "public",
    ("GET", "/v1/events"): "public",  # says that one posts here
    ("GET", "/healthz"): "public",
    ("GET", "/readyz"): "public",
    ("GET", "/metrics"): "scrape",
    # logging in and out
    ("GET", "/login"): "public",
    ("POST", "/login"): "public",
    ("POST", "/logout"): "known",
    ("GET", "/password"): "known",
    ("POST", "/password"): "known",
    ("GET", "/static/{path}"): "public",
    ("GET", "/take/{city}/{token}"): "public",  # the signed link is the permission
    ("POST", "/take/{city}/{token}"): "public",
    ("POST", "/v1/sessions"): "public",
    ("DELETE", "/v1/sessions/current"): "known",
    ("DELETE", "/v1/accounts/{number}/sessions"): "revoke",
    ("GET", "/v1/me"): "known",
    ("GET", "/v1/openapi.json"): "known",
    # pages
    ("GET", "/"): "view",
    ("GET", "/city/{name}"): "view",
    ("GET", "/city/{name}/desk"): "view",
    ("POST", "/city/{name}/missed"): "move",
    ("GET", "/city/{name}/held"): "view",
    ("GET", "/city/{name}/feeds"): "view",
    ("GET", "/city/{name}/missed"): "view",
    ("GET", "/city/{name}/area"): "view",
    ("GET", "/city/{name}/area/{code}"): "view",
    ("GET", "/city/{name}/audit"): "audit",
    ("GET", "/city/{name}/mutes"): "view",
    ("POST", "/city/{name}/mutes"): "supervise",
    ("GET", "/city/{name}/mutes/preview"): "view",
    ("POST", "/city/{name}/mutes/preview"): "supervise",
    ("POST", "/city/{name}/mutes/{mute_id}/end"): "supervise",
    ("GET", "/city/{name}/rules"): "view",
    ("POST", "/city/{name}/rules"): "tune",
    ("GET", "/city/{name}/rules/{rule}"): "view",
    ("POST", "/city/{name}/rules/{rule}/orders"): "tune",
    ("POST", "/city/{name}/rules/{rule}/draft"): "tune",
    ("POST", "/city/{name}/rules/{rule}/overrides"): "tune",
    ("GET", "/city/{name}/rules/{rule}/trials"): "view",
    ("POST", "/city/{name}/rules/{rule}/trials"): "tune",
    ("POST", "/city/{name}/rules/{rule}/shadow"): "tune",
    ("POST", "/city/{name}/rules/{rule}/publish"): "tune",
    ("POST", "/city/{name}/releases"): "tune",
    ("GET", "/city/{name}/releases/{release}"): "view",
    ("POST", "/city/{name}/releases/{release}/approve"): "tune",
    ("POST", "/city/{name}/orders/{order_id}/review"): "review",
    ("GET", "/city/{name}/handover"): "view",
    ("POST", "/city/{name}/handover/notes"): "move",
    ("POST", "/city/{name}/handover/read"): "move",
    ("GET", "/alert/{alert_id}"): "view",
    ("POST", "/alert/{alert_id}/moves"): "move",
    ("POST", "/alert/{alert_id}/exclusions"): "tune",
    ("GET", "/shapes/{name}.json"): "view",
    ("GET", "/events"): "view",
    # the programming interface
    ("GET", "/v1/cities"): "view",
    ("GET", "/v1/cities/{city}/alerts"): "view",
    ("GET", "/v1/cities/{city}/alerts/{alert_id}"): "view",
    ("GET", "/v1/cities/{city}/alerts/{alert_id}/moves"): "view",
    ("POST", "/v1/cities/{city}/alerts/{alert_id}/moves"): "move",
    ("GET", "/v1/cities/{city}/alerts/{alert_id}/exclusions"): "view",
    ("POST", "/v1/cities/{city}/alerts/{alert_id}/exclusions"): "tune",
    ("GET", "/v1/cities/{city}/held"): "view",
    ("GET", "/v1/cities/{city}/feeds"): "view",
    ("GET", "/v1/cities/{city}/overdue"): "supervise",
    ("GET", "/v1/cities/{city}/missed"): "view",
    ("POST", "/v1/cities/{city}/missed"): "move",
    ("GET", "/v1/cities/{city}/mutes"): "view",
    ("POST", "/v1/cities/{city}/mutes"): "supervise",
    ("POST", "/v1/cities/{city}/mutes/preview"): "supervise",
    ("GET", "/v1/cities/{city}/mutes/{mute_id}"): "view",
    ("DELETE", "/v1/cities/{city}/mutes/{mute_id}"): "supervise",
    ("GET", "/v1/cities/{city}/shadows"): "view",
    ("POST", "/v1/cities/{city}/shadows"): "tune",
    ("GET", "/v1/cities/{city}/shadows/{rule}"): "view",
    ("POST", "/v1/cities/{city}/shadows/{rule}/promote"): "tune",
    ("POST", "/v1/cities/{city}/shadows/{rule}/drop"): "tune",
    ("GET", "/v1/cities/{city}/handovers/{desk}"): "view",
    ("GET", "/v1/cities/{city}/handovers/{desk}/sheet"): "view",
    ("POST", "/v1/cities/{city}/handovers/{desk}/notes"): "move",
    ("POST", "/v1/cities/{city}/handovers/{desk}/read"): "move",
    ("GET", "/v1/cities/{city}/stream"): "view",
    ("GET", "/v1/cities/{city}/areas/{code}"): "view",
    ("GET", "/v1/cities/{city}/areas/{code}/counts"): "view",
    ("GET", "/v1/cities/{city}/near"): "view",
    ("GET", "/v1/cities/{city}/chain"): "audit",
    ("GET", "/v1/cities/{city}/chain/export"): "audit",
    ("GET", "/v1/cities/{city}/chain/heads"): "audit",
    ("GET", "/v1/cities/{city}/chain/proof"): "audit",
}


@dataclass(frozen=True, slots=True)
class Rule:
    method: str
    template: str
    action: Action


def _pattern(template: str) -> re.Pattern[str]:
    tail = template.replace("{path}", "\0")
    parts = re.split(r"(\{[a-z_]+\}|\0)", tail)
    made = "".join(".+" if part == "\0" else "[^/]+" if part.startswith("{") else re.escape(part) for part in parts)
    return re.compile(made)


_RULES: Final = [(_pattern(template), Rule(method, template, action)) for (method, template), action in POLICY.items()]


def rules_for(path: str) -> list[Rule]:
    """The rules of an address, a method each; none: no such address. Fixed addresses go before open ones."""
    found = [rule for pattern, rule in _RULES if pattern.fullmatch(path)]
    fixed = [rule for rule in found if "{" not in rule.template]
    return fixed or found


def rule_for(method: str, path: str) -> Rule | None:
    """HEAD is a GET that is not read."""
    wanted = "GET" if method == "HEAD" else method
    return next((rule for rule in rules_for(path) if rule.method == wanted), None)
