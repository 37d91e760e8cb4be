"""Logging in: password and code, with bounds for who tries too often. Every refusal says the same and takes as long."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Final

from alerts.access.accounts import Accounts
from alerts.access.credentials import NOBODYS, is_password, step_of

WINDOW_MS: Final = 15 * 60_000
TRIES_ACCOUNT: Final = 5
TRIES_SOURCE: Final = 20
"""Failures in the window, of an account and of an address, after which no try is looked at."""
KEPT: Final = 10_000
"""Names whose failures are remembered; the oldest go."""


class LoginRefused(Exception):
    """Number, password or code is wrong: which, nobody is told."""


class TooManyTries(Exception):
    """`wait`: ms until the next try is looked at."""

    def __init__(self, wait: int) -> None:
        super().__init__(f"wait {wait} ms")
        self.wait = wait


@dataclass(slots=True)
class Tries:
    """Failures by name (an account or an address), each with its times, ms."""

    most: int
    _times: OrderedDict[str, deque[int]] = field(default_factory=OrderedDict)

    def wait(self, name: str, now: int) -> int:
        """How long until `name` may try again; 0: now."""
        times = self._times.get(name)
        while times and times[0] <= now - WINDOW_MS:
            times.popleft()
        return times[0] + WINDOW_MS - now if times and len(times) >= self.most else 0

    def failed(self, name: str, now: int) -> None:
        self._times.setdefault(name, deque(maxlen=self.most)).append(now)
        self._times.move_to_end(name)
        while len(self._times) > KEPT:
            self._times.popitem(last=False)

    def undo(self, name: str) -> None:
        """The last try was none that failed."""
        times = self._times.get(name)
        if times:
            times.pop()

    def forget(self, name: str) -> None:
        self._times.pop(name, None)


class Logins:
    """The door of sessions. Any thread."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._lock = threading.Lock()
        self._by_account = Tries(TRIES_ACCOUNT)
        self._by_source = Tries(TRIES_SOURCE)

    def enter(self, number: str, password: str, code: str, source: str, now: int) -> str:
        """A session's secret. Raises LoginRefused, TooManyTries."""
        with self._lock:
            wait = max(self._by_account.wait(number, now), self._by_source.wait(source, now))
            if wait:
                raise TooManyTries(wait)
            self._by_account.failed(number, now)  # counted first: tries at the same time are tries too
            self._by_source.failed(source, now)
        account = self._accounts.account(number)
        right = is_password(password, account.password if account else NOBODYS)
        step = step_of(code, account.factor if account else NOBODYS, now, account.step if account else 0)
        if account is None or not right or not step or not self._accounts.use_step(number, step):
            raise LoginRefused
        with self._lock:
            self._by_account.forget(number)
            self._by_source.undo(source)
        return self._accounts.begin(number, "session", now)
