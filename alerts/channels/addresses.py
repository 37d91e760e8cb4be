"""Where a channel may connect to: the guard against being sent to addresses of our own network.

A name is looked up once, every answer is judged, and the connection goes to the address that was judged:
a name that answers differently the second time (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_PRIVATE: Final = tuple(
    ipaddress.ip_network(network)
    for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
)


class ForbiddenAddressError(Exception):
    """The address, or one of a name's addresses, is none that this channel may reach."""


async def lookup(host: str, port: int) -> Sequence[str]:
    """The addresses of `host`, in the order in which they should be tried. Raises OSError (socket.gaierror)."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


async def judged(host: str, port: int, *, private: bool, tls: bool, resolve: Resolve = lookup) -> list[str]:
    """The addresses to connect to for `host`, best first. Raises ForbiddenAddressError, or OSError where there is none.

    One forbidden answer forbids the name. `private` opens loopback and private networks, and only there
    may the connection go without TLS. Link-local (the metadata address of clouds), multicast, unspecified
    and reserved addresses stay shut.
    """
    answers = await resolve(host, port)
    if not answers:
        raise OSError("the name has no address")
    for answer in answers:
        if not _allowed(ipaddress.ip_address(answer.partition("%")[0]), private=private, tls=tls):
            raise ForbiddenAddressError("address not allowed")
    return list(dict.fromkeys(answers))


def _allowed(address: Address, *, private: bool, tls: bool) -> bool:
    inner = _inner(address)
    if any(inner in network for network in _PRIVATE if network.version == inner.version):
        return private
    return tls and inner.is_global and not _never(inner)


def _never(address: Address) -> bool:
    local = address.is_link_local or getattr(address, "is_site_local", False)
    return local or address.is_multicast or address.is_unspecified or address.is_reserved


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 address leads to (mapped, 6to4, Teredo, NAT64), else itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address
