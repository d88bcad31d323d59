"""Which addresses a webhook may reach: public ones, and what the operator allows by network. Pure: no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Everything in IPv4 that isn't an ordinary host on the internet.
# https://www.iana.org/assignments/iana-ipv4-special-registry
_REFUSED_V4: tuple[tuple[IPv4Network, str], ...] = (
    (IPv4Network("0.0.0.0/8"), "this network"),  # Linux connects 0.0.0.0 to loopback
    (IPv4Network("10.0.0.0/8"), "private"),
    (IPv4Network("100.64.0.0/10"), "shared by a carrier"),  # also one cloud's metadata service, 100.100.100.200
    (IPv4Network("127.0.0.0/8"), "loopback"),
    (IPv4Network("168.63.129.16/32"), "a cloud's host service"),  # looks public, answers only from inside Azure
    (IPv4Network("169.254.0.0/16"), "link-local"),  # the metadata service of most clouds
    (IPv4Network("172.16.0.0/12"), "private"),
    (IPv4Network("192.0.0.0/24"), "reserved for protocols"),  # Oracle's metadata service, 192.0.0.192
    (IPv4Network("192.0.2.0/24"), "for documentation"),
    (IPv4Network("192.88.99.0/24"), "a 6to4 relay"),
    (IPv4Network("192.168.0.0/16"), "private"),
    (IPv4Network("198.18.0.0/15"), "for benchmarks"),
    (IPv4Network("198.51.100.0/24"), "for documentation"),
    (IPv4Network("203.0.113.0/24"), "for documentation"),
    (IPv4Network("224.0.0.0/4"), "multicast"),
    (IPv4Network("240.0.0.0/4"), "reserved"),  # 255.255.255.255 too
)

# The other way round: only global unicast is admitted, and of that not these.
# https://www.iana.org/assignments/iana-ipv6-special-registry
_GLOBAL_V6 = IPv6Network("2000::/3")
_REFUSED_V6: tuple[tuple[IPv6Network, str], ...] = (
    (IPv6Network("2001::/23"), "reserved for protocols"),  # Teredo (2001::/32) and ORCHID among them
    (IPv6Network("2001:db8::/32"), "for documentation"),
    (IPv6Network("2002::/16"), "6to4"),  # carries any IPv4 address inside
    (IPv6Network("3fff::/20"), "for documentation"),
)
_NAT64: tuple[IPv6Network, ...] = (
    IPv6Network("64:ff9b::/96"),
    IPv6Network("64:ff9b:1::/48"),
)
_COMPATIBLE = IPv6Network("::/96")


@dataclass(frozen=True, slots=True)
class Allow:
    """The networks an operator opens to webhooks: internal targets, and plain http."""

    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Allow:
        """From comma-separated networks (``127.0.0.0/8, fd00::/8``). A wrong one is a ValueError that names it."""
        return cls(tuple(ip_network(part.strip()) for part in text.split(",") if part.strip()))

    def admits(self, address: Address) -> bool:
        """True when the address, and every IPv4 address it carries inside, lies in an allowed network."""
        return all(self._contains(each) for each in (address, *embedded(address)))

    def _contains(self, address: Address) -> bool:
        return any(address.version == network.version and address in network for network in self.networks)


def canonical(text: str) -> Address:
    """The address that a socket would really reach: a v4-mapped one is its IPv4 address."""
    address = ip_address(text)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def embedded(address: Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that a relay or gateway would unwrap from an IPv6 one."""
    if isinstance(address, IPv4Address):
        return ()
    if address.teredo is not None:
        return address.teredo
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if any(address in network for network in _NAT64) or address in _COMPATIBLE:
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    return ()


def why_refused(address: Address) -> str | None:
    """Why an address isn't a public host's, in two or three words; None when it is one."""
    if isinstance(address, IPv4Address):
        return next((why for network, why in _REFUSED_V4 if address in network), None)
    if address.scope_id is not None:
        return "bound to one link"
    if address not in _GLOBAL_V6:
        return "not global unicast"  # loopback, link-local, unique local, multicast, mapped, NAT64 and the unassigned
    return next((why for network, why in _REFUSED_V6 if address in network), None)
