"""Logging in: password and code, with bounds for who tries too often. Every refusal says the same and takes as long.

Whoever fails is stopped where he sits, and nobody else is locked out by him: an account that fails from many places is
only slowed down, and not at all where it was logged in from before.
"""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Final

from alerts.access.accounts import Accounts
from alerts.access.credentials import (
    NOBODYS,
    PASSWORD_LEAST,
    PASSWORD_LONGEST,
    hashed,
    is_password,
    step_of,
)

WINDOW_MS: Final = 15 * 60_000
TRIES_ACCOUNT: Final = 5
TRIES_SOURCE: Final = 20
"""Failures in the window, of an account at an address and of an address, after which no try from there is looked at."""
SLOW_MS: Final = 10_000
"""After as many failures of an account from anywhere one try is looked at in so long, but from where it is known."""
KEPT: Final = 10_000
"""Names whose failures are remembered; the oldest go."""


class LoginRefused(Exception):
    """Number, password or code is wrong: which, nobody is told."""


class UnfitPassword(Exception):
    """The password that was chosen is too short or too long."""


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

    def slowed(self, name: str, now: int) -> int:
        """How long until one more try is looked at, where only so many in a time are; 0: now."""
        times = self._times.get(name)
        return max(0, times[-1] + SLOW_MS - now) if self.wait(name, now) and times else 0

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


def place_of(source: str) -> str:
    """What an address is counted as: of IPv6 the /64, for whoever has one address there has all of them.

    >>> place_of("2001:db8:1:2:3::4"), place_of("::ffff:192.0.2.7"), place_of("192.0.2.7")
    ('2001:db8:1:2::/64', '192.0.2.7', '192.0.2.7')
    """
    try:
        address = ipaddress.ip_address(source.partition("%")[0])
    except ValueError:
        return source
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


class Logins:
    """The door of sessions. Any thread."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._lock = threading.Lock()
        self._by_account = Tries(TRIES_ACCOUNT)
        self._by_both = Tries(TRIES_ACCOUNT)
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()  # (number, place) of logins that went well
        self._by_source = Tries(TRIES_SOURCE)

    def enter(self, number: str, password: str, code: str, source: str, now: int) -> str:
        """A session's secret. Raises LoginRefused, TooManyTries."""
        self._prove(number, password, code, source, now)
        return self._accounts.begin(number, "session", now)

    def change(self, number: str, password: str, code: str, source: str, now: int, *, chosen: str) -> None:
        """Another password, `chosen`, for who gives the present one; sessions end. Raises LoginRefused, TooManyTries,
        UnfitPassword."""
        if not PASSWORD_LEAST <= len(chosen) <= PASSWORD_LONGEST:
            raise UnfitPassword
        self._prove(number, password, code, source, now)
        self._accounts.change(number, hashed(chosen))

    def _prove(self, number: str, password: str, code: str, source: str, now: int) -> None:
        """Raises LoginRefused, TooManyTries."""
        place = place_of(source)
        both = f"{number} {place}"
        with self._lock:
            slowed = self._by_account.slowed(number, now) if (number, place) not in self._known else 0
            wait = max(self._by_both.wait(both, now), self._by_source.wait(place, now), slowed)
            if wait:
                raise TooManyTries(wait)
            self._by_account.failed(number, now)  # counted first: tries at the same time are tries too
            self._by_both.failed(both, now)
            self._by_source.failed(place, now)
        account = self._accounts.account(number)
        right = is_password(password, account.password if account else NOBODYS)
        step = step_of(code, account.factor if account else NOBODYS, now, account.step if account else 0)
        if account is None or not right or not step or not self._accounts.use_step(number, step):
            raise LoginRefused
        with self._lock:
            self._by_account.forget(number)
            self._by_both.forget(both)
            self._by_source.undo(place)
            self._known[number, place] = None
            self._known.move_to_end((number, place))
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
