"""`tocsin users ...`: accounts by duty number, on the machine itself. They work while the cities are served."""

from __future__ import annotations

import logging
import sys
from typing import Annotated, Final, cast

import structlog
import typer

from alerts.access.accounts import FILE, Account, Accounts
from alerts.access.credentials import PASSWORD_LEAST, PASSWORD_LONGEST, factor_address, fresh_factor, hashed
from alerts.access.roles import APART, ROLES, Role, mistakes
from streams import logs
from streams.arguments import CityFolder, DataFolder, settings_of
from streams.city import City
from streams.clock import WallClock
from streams.messages import SpokenError, say
from streams.opened import city_of
from streams.settings import Settings

users: Final = typer.Typer(help="Accounts: duty numbers, their roles and areas.", no_args_is_help=True)

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="Duty number; never a name.")]
log = structlog.get_logger()


@users.command("add")
def add_command(
    city: CityFolder,
    number: Number,
    role: Annotated[list[str] | None, typer.Option("--role", help="Else as users.yaml says.")] = None,
    area: Annotated[
        list[str] | None, typer.Option("--area", help="With all below it; else as users.yaml says.")
    ] = None,
    from_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password's line from the input; else it is asked for.")
    ] = False,
    data: DataFolder = None,
) -> None:
    """Make an account, or make one anew. Until the first one there is, only loopback may come in."""
    settings = settings_of(data=data)
    read = city_of(city, settings.language)
    written = next((user for user in read.users if user.number == number), None)
    roles = role or (list(written.roles) if written else [])
    areas = area or (list(written.areas) if written else [])
    _check(read, number, roles, areas)
    accounts, factor = _accounts(settings), fresh_factor()
    known = accounts.account(number)
    elsewhere = {name: roots for name, roots in (known.areas if known else {}).items() if name != read.name}
    if known is not None and elsewhere and set(known.roles) != set(roles):
        raise SpokenError("user-roles-elsewhere", what=", ".join(known.roles), where=", ".join(sorted(elsewhere)))
    where = {**elsewhere, read.name: tuple(areas)}
    password = _password(from_stdin=from_stdin)
    account = Account(number, tuple(cast(Role, one) for one in roles), where, hashed(password), factor)
    accounts.put(account, WallClock().now())
    log.warning("account_made", roles=roles, city=read.name)
    shown = {"number": number, "roles": ", ".join(roles), "areas": ", ".join(areas), "city": read.name}
    typer.echo(say("user-added", settings.language, **shown))
    typer.echo(factor_address(number, factor))


@users.command("list")
def list_command(data: DataFolder = None) -> None:
    """The accounts, one a line: number, roles, areas by city."""
    settings = settings_of(data=data)
    every = _accounts(settings).every()
    for account in every:
        areas = "; ".join(f"{city}: {', '.join(roots)}" for city, roots in sorted(account.areas.items()))
        typer.echo(f"{account.number}  {', '.join(account.roles)}  {areas}")
    if not every:
        typer.echo(say("user-none", settings.language))


@users.command("end")
def end_command(number: Number, data: DataFolder = None) -> None:
    """End an account with all its sessions and tokens; open pages of it close within five seconds."""
    settings = settings_of(data=data)
    if not _accounts(settings).end(number, WallClock().now()):
        raise SpokenError("user-unknown")
    log.warning("account_ended")
    typer.echo(say("user-ended", settings.language, number=number))


@users.command("token")
def token_command(number: Number, data: DataFolder = None) -> None:
    """Make a token with which a program may do what the account may."""
    settings = settings_of(data=data)
    accounts = _accounts(settings)
    if accounts.account(number) is None:
        raise SpokenError("user-unknown")
    token = accounts.begin(number, "token", WallClock().now())
    typer.echo(say("user-token", settings.language, number=number))
    typer.echo(token)


def _accounts(settings: Settings) -> Accounts:
    logs.configure(settings.log, level=logging.WARNING)
    try:
        return Accounts(settings.data / FILE)
    except OSError as fault:
        raise SpokenError("folder-unwritable", folder=settings.data, why=fault.strerror) from None


def _check(city: City, number: str, roles: list[str], areas: list[str]) -> None:
    """Raises SpokenError; a number that is none is not repeated: it may be a name."""
    wrong = mistakes(number, roles)
    if wrong:
        told = {"number": "", "role": ", ".join(ROLES), "apart": ", ".join(sorted(APART))}
        raise SpokenError(f"user-wrong-{wrong}", what=told[wrong])
    unknown = [code for code in areas if code not in city.book.areas.by_code]
    if unknown or not areas:
        raise SpokenError("user-wrong-area", what=", ".join(unknown) or "-")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    if len(password) < PASSWORD_LEAST:
        raise SpokenError("user-password-short", what=PASSWORD_LEAST)
    if len(password) > PASSWORD_LONGEST:  # cut off, it would be another one than what was typed
        raise SpokenError("user-password-long", what=PASSWORD_LONGEST)
    return password
