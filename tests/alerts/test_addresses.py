"""The guard: where a channel may connect to."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from alerts.channels.addresses import ForbiddenAddressError, judged, lookup

PUBLIC = ["93.184.215.14", "2606:4700::1111"]
INSIDE = ["127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "192.168.1.1", "::1", "fd00::1", "::ffff:10.0.0.1"]
NEVER = [
    "169.254.169.254",  # the metadata address of clouds
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "100.64.0.1",
    "224.0.0.1",
    "ff02::1",
    "255.255.255.255",
    "240.0.0.1",
    "192.0.2.1",
    "2001:db8::1",
    "::7f00:1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",  # NAT64 to 169.254.169.254
    "2002:a9fe:a9fe::1",  # 6to4 to the same
]
TUNNELS_INSIDE = ["64:ff9b::7f00:1", "2002:7f00:1::1", "2001:0:1:1:0:0:80ff:fffe"]


async def judge(*addresses: str, private: bool, tls: bool = True) -> list[str]:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return await judged("desk.example", 443, private=private, tls=tls, resolve=resolve)


@pytest.mark.parametrize("address", PUBLIC)
async def test_a_public_address_may_be_called_with_tls_alone(address: str) -> None:
    assert await judge(address, private=False) == [address]
    with pytest.raises(ForbiddenAddressError):
        await judge(address, private=True, tls=False)


@pytest.mark.parametrize("address", [*INSIDE, *TUNNELS_INSIDE])
async def test_an_inner_address_is_called_only_where_the_channel_says_so(address: str) -> None:
    assert await judge(address, private=True, tls=False) == [address]
    with pytest.raises(ForbiddenAddressError):
        await judge(address, private=False)


@pytest.mark.parametrize("address", NEVER)
async def test_some_addresses_are_never_called(address: str) -> None:
    with pytest.raises(ForbiddenAddressError):
        await judge(address, private=True)


async def test_one_forbidden_answer_forbids_the_name() -> None:
    with pytest.raises(ForbiddenAddressError):
        await judge(*PUBLIC, INSIDE[0], private=False)


async def test_the_answers_keep_their_order_and_repeats_are_dropped() -> None:
    assert await judge(*PUBLIC, PUBLIC[0], private=False) == PUBLIC


async def test_the_look_up_finds_this_machine() -> None:
    assert {"127.0.0.1", "::1"} & set(await lookup("localhost", 80))


async def test_a_name_without_answers_is_an_os_error() -> None:
    with pytest.raises(OSError, match="no address"):
        await judge(private=False)
