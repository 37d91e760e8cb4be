"""Accounts, sessions and tokens of an installation: a small SQLite file of its own, that commands may write too.

Its journal is SQLite's old one, so that several processes may write. Of passwords and tokens it holds hashes; the
factors it must know, so the file is readable by its owner alone.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from alerts.access.credentials import fresh_token, token_key
from alerts.access.roles import Role, Who

FILE: Final = "access.sqlite"
VERSION: Final = 1

IDLE_MS: Final = 2 * 3_600_000
SESSION_MS: Final = 12 * 3_600_000
"""A session ends when it is idle, and when a long turn of duty is over."""
TOKEN_MS: Final = 90 * 86_400_000
SEEN_EVERY_MS: Final = 60_000

Kind = Literal["session", "token"]

_SCHEMA: Final = """
create table if not exists accounts (
    number text primary key, roles text not null, areas text not null, password blob not null, factor blob not null,
    step integer not null default 0, made_at integer not null, ended_at integer not null default 0
) strict;
create table if not exists sessions (
    key text primary key, number text not null references accounts(number), kind text not null,
    made_at integer not null, seen_at integer not null, until integer not null
) strict;
create index if not exists sessions_number on sessions (number);
"""


@dataclass(frozen=True, slots=True)
class Account:
    """What a login is held against. `step`: of the last code used. `areas`: city -> roots."""

    number: str
    roles: tuple[Role, ...]
    areas: Mapping[str, tuple[str, ...]]
    password: bytes
    factor: bytes
    step: int = 0


class Accounts:
    """The file. Every method may be called from any thread, and beside another process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        with self._open() as db:
            db.executescript(_SCHEMA)
            db.execute(f"pragma user_version={VERSION}")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self._path, timeout=5.0)
        try:
            db.execute("pragma synchronous=full")
            db.execute("pragma foreign_keys=on")
            with db:
                yield db
        finally:
            db.close()

    def empty(self) -> bool:
        """Whether there is no account yet: then only loopback may come in."""
        with self._open() as db:
            return db.execute("select 1 from accounts limit 1").fetchone() is None

    def put(self, account: Account, now: int) -> None:
        """Make an account, or change it: then its sessions and tokens end."""
        areas = {city: list(roots) for city, roots in account.areas.items()}
        row = (account.number, json.dumps(account.roles), json.dumps(areas), account.password, account.factor, now)
        with self._open() as db:
            db.execute(
                "insert into accounts (number, roles, areas, password, factor, made_at) values (?, ?, ?, ?, ?, ?) "
                "on conflict (number) do update set roles = excluded.roles, areas = excluded.areas, "
                "password = excluded.password, factor = excluded.factor, step = 0, ended_at = 0",
                row,
            )
            db.execute("delete from sessions where number = ?", (account.number,))

    def change(self, number: str, password: bytes) -> None:
        """Another password; every session ends. Tokens of programs stay: they were made at the machine."""
        with self._open() as db:
            db.execute("update accounts set password = ? where number = ? and ended_at = 0", (password, number))
            db.execute("delete from sessions where number = ? and kind = 'session'", (number,))

    def end(self, number: str, now: int) -> bool:
        """End an account with all its sessions and tokens; whether there was one."""
        with self._open() as db:
            db.execute("delete from sessions where number = ?", (number,))
            ended = db.execute("update accounts set ended_at = ? where number = ? and ended_at = 0", (now, number))
            return ended.rowcount > 0

    def account(self, number: str) -> Account | None:
        with self._open() as db:
            found = db.execute(
                "select number, roles, areas, password, factor, step from accounts where number = ? and ended_at = 0",
                (number,),
            ).fetchone()
        return _account(found) if found else None

    def known(self, number: str) -> str:
        """`number` where it is an account's, for the log; else "": what somebody typed may be a name."""
        return number if self.account(number) is not None else ""

    def every(self) -> list[Account]:
        with self._open() as db:
            rows = db.execute(
                "select number, roles, areas, password, factor, step from accounts where ended_at = 0 order by number"
            ).fetchall()
        return [_account(row) for row in rows]

    def use_step(self, number: str, step: int) -> bool:
        """Remember the code that was used; False where another was faster with it."""
        with self._open() as db:
            used = db.execute("update accounts set step = ? where number = ? and step < ?", (step, number, step))
            return used.rowcount > 0

    def begin(self, number: str, kind: Kind, now: int) -> str:
        """A new session or token: its secret, which is kept nowhere."""
        token = fresh_token()
        until = now + (SESSION_MS if kind == "session" else TOKEN_MS)
        with self._open() as db:
            db.execute("delete from sessions where until <= ?", (now,))
            db.execute(
                "insert into sessions values (?, ?, ?, ?, ?, ?)", (token_key(token), number, kind, now, now, until)
            )
        return token

    def who(self, token: str, now: int, *, by_cookie: bool) -> Who | None:
        """Who holds `token`; None where it is none, or has ended. A cookie is never a token, nor a token a cookie."""
        return self._who(token_key(token), now, by_cookie=by_cookie)

    def still(self, who: Who, now: int) -> bool:
        """Whether `who` may go on: what a stream asks at every beat. A page that lies open is no use of its session."""
        if not who.session:
            return self.empty()
        return self._who(who.session, now, by_cookie=who.by_cookie, used=False) == who

    def _who(self, key: str, now: int, *, by_cookie: bool, used: bool = True) -> Who | None:
        kind: Kind = "session" if by_cookie else "token"
        with self._open() as db:
            row = db.execute(
                "select a.number, a.roles, a.areas, s.seen_at, s.until from sessions s join accounts a "
                "on a.number = s.number where s.key = ? and s.kind = ? and a.ended_at = 0",
                (key, kind),
            ).fetchone()
            if row is None or now >= row[4] or (by_cookie and now - row[3] >= IDLE_MS):
                return None
            if used and now - row[3] >= SEEN_EVERY_MS:
                db.execute("update sessions set seen_at = ? where key = ?", (now, key))
        return Who(row[0], tuple(json.loads(row[1])), _areas(row[2]), key, by_cookie)

    def stop(self, who: Who) -> None:
        """End one session."""
        with self._open() as db:
            db.execute("delete from sessions where key = ?", (who.session,))

    def stop_all(self, number: str) -> int:
        """End every session and token of an account; how many."""
        with self._open() as db:
            return db.execute("delete from sessions where number = ?", (number,)).rowcount


def _areas(text: str) -> dict[str, tuple[str, ...]]:
    return {city: tuple(roots) for city, roots in json.loads(text).items()}


def _account(row: Sequence[object]) -> Account:
    number, roles, areas, password, factor, step = row
    assert isinstance(password, bytes)
    assert isinstance(factor, bytes)
    return Account(str(number), tuple(json.loads(str(roles))), _areas(str(areas)), password, factor, int(str(step)))
