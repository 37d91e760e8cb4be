"""A city cut to what an account may see of it; whoever asks without the gate before him (a sample, a demo) sees all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request

from alerts.access.roles import Who
from alerts.alert import Alert
from alerts.console.source import BoardSource, City, FeedState


def who_asks(request: Request) -> Who | None:
    """Whom the gate let in; None where there is no gate."""
    who = request.scope.get("state", {}).get("who")
    return who if isinstance(who, Who) else None


@dataclass(frozen=True, slots=True)
class SeenSource:
    """A `BoardSource` without the alerts of areas that `who` may not see."""

    whole: BoardSource
    who: Who

    def city(self) -> City:
        return self.whole.city()

    def now(self) -> int:
        return self.whole.now()

    def alerts(self, now: int) -> Sequence[Alert]:
        book = self.whole.city().book
        return [alert for alert in self.whole.alerts(now) if self.who.sees(alert, book)]

    def alert(self, alert_id: str) -> Alert | None:
        found = self.whole.alert(alert_id)
        return found if found is not None and self.who.sees(found, self.whole.city().book) else None

    def feeds(self) -> Sequence[FeedState]:
        return self.whole.feeds()

    def shapes(self) -> bytes | None:
        return self.whole.shapes()

    def version(self) -> int:
        return self.whole.version()

    async def changed(self, after: int) -> int:
        return await self.whole.changed(after)
