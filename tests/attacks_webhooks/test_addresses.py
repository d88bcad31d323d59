"""Addresses a tenant's endpoint may not have, in every family and every wrapping."""

from __future__ import annotations

import pytest

from store.destinations.addresses import Allow, canonical, why_refused

REFUSED = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1",
    "127.255.255.254", "168.63.129.16", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255",
    "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255",
    "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:7f00:1", "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1", "64:ff9b::8.8.8.8", "64:ff9b:1::10.0.0.1", "100::1", "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::1",
    "2002:0808:0808::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "ff0e::1",
    "4000::1", "fe80::1%lo",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "8.8.8.8", "172.32.0.1", "172.15.255.255", "100.128.0.1", "192.0.1.1", "223.255.255.255",
          "2606:4700:4700::1111", "2a00:1450:4001:82a::200e", "::ffff:8.8.8.8"]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_a_public_host_is_refused_with_a_reason(text: str) -> None:
    """Every address outside the public internet is refused, and the reason is said in words."""
    assert why_refused(canonical(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_host_is_admitted(text: str) -> None:
    """Ordinary public addresses are admitted, also when they came v4-mapped."""
    assert why_refused(canonical(text)) is None


def test_a_mapped_address_is_the_address_inside() -> None:
    """A v4-mapped address is judged, allowed and dialled as the IPv4 address it stands for."""
    assert str(canonical("::ffff:169.254.169.254")) == "169.254.169.254"
    assert Allow.parse("127.0.0.0/8").admits(canonical("::ffff:127.0.0.1"))


@pytest.mark.parametrize(
    ("network", "address"),
    [
        ("64:ff9b::/96", "64:ff9b::10.0.0.1"),
        ("2002::/16", "2002:a9fe:a9fe::1"),
        ("2001::/32", "2001:0:a9fe:a9fe:8000:63bf:3fff:fdd2"),
        ("::/0", "::7f00:1"),
    ],
)
def test_an_allowed_gateway_does_not_allow_what_is_behind_it(network: str, address: str) -> None:
    """Allowing a translating network admits no inner IPv4 address that isn't allowed itself."""
    assert not Allow.parse(network).admits(canonical(address))
    assert not Allow.parse(f"{network},192.168.7.0/24").admits(canonical(address))


def test_the_allowlist_admits_what_it_names_and_no_more() -> None:
    """An operator's network admits its addresses, of its family only; an empty list admits none."""
    allow = Allow.parse(" 10.1.0.0/16 , fd00::/8 ")
    assert allow.admits(canonical("10.1.2.3"))
    assert allow.admits(canonical("fd12::1"))
    assert not allow.admits(canonical("10.2.0.1"))
    assert not Allow.parse("").admits(canonical("8.8.8.8"))


@pytest.mark.parametrize("text", ["10.0.0.0/33", "localhost", "10.0.0.1/8", "127.0.0.1;::1"])
def test_a_wrong_allowlist_is_an_error(text: str) -> None:
    """A network that can't be read, or has bits outside its mask, stops the courier instead of being guessed."""
    with pytest.raises(ValueError, match=r"appear|host bits"):
        Allow.parse(text)
