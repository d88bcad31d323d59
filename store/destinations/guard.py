"""The way from a tenant's URL to the addresses that may be dialled; everything doubtful is refused.

One parser reads the URL and its result alone is used from then on, so that no two readings of the
same text can differ. A name is resolved once for each attempt, every address it has is judged, and
the connection is made to one of exactly those (``pinned.py``).
"""

from __future__ import annotations

import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from store.destinations.addresses import Address, Allow, canonical, why_refused

URL_CHARACTERS = 2048
_PRINTABLE = re.compile(r"[!-~]+")  # no space, no control, no non-ASCII: fullwidth digits normalise to digits
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")
_ENDS_IN_NUMBER = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)")  # what a C library may read as an IPv4 address
_PORTS = {"https": 443, "http": 80}

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL points. ``literal`` is the address when the host is one, else None."""

    scheme: Literal["https", "http"]
    host: str
    port: int
    path: str
    literal: Address | None = None

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing was sent. ``final`` when no later try can end differently."""

    code: str
    message: str
    final: bool


def read_url(url: str) -> Target | Refusal:
    """Take a URL apart, or refuse it: other schemes, credentials, odd spellings of numbers, zones."""
    if len(url) > URL_CHARACTERS or not _PRINTABLE.fullmatch(url) or "\\" in url:
        return _bad(f"The URL has to be printable ASCII without backslashes, at most {URL_CHARACTERS} characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return _bad("The URL can't be parsed.")
    if (why := _why_bad(parts)) is not None:
        return _bad(why)
    scheme: Literal["https", "http"] = "https" if parts.scheme == "https" else "http"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _host(scheme=scheme, host=parts.hostname or "", port=port or _PORTS[scheme], path=path)


def _why_bad(parts: SplitResult) -> str | None:
    if parts.scheme not in _PORTS:
        return "The URL has to start with https://."
    if "@" in parts.netloc:
        return "The URL may not carry a user name or password; check the signature instead."
    if "[" in parts.netloc and ":" not in (parts.hostname or ""):  # [v1.x]: a form of the future's, meaning nothing yet
        return "The URL's IPv6 address can't be parsed."
    return "Port 0 doesn't exist." if parts.port == 0 else None


def _host(*, scheme: Literal["https", "http"], host: str, port: int, path: str) -> Target | Refusal:
    if ":" in host:
        return _literal_v6(scheme=scheme, host=host, port=port, path=path)
    host = host.removesuffix(".")
    if not _NAME.fullmatch(host):
        return _bad("The URL's host has to be a name in ASCII (punycode for others) or an address.")
    if not _ENDS_IN_NUMBER.fullmatch(host):
        return Target(scheme=scheme, host=host, port=port, path=path)
    try:
        return Target(scheme=scheme, host=host, port=port, path=path, literal=IPv4Address(host))
    except ValueError:  # 2130706433, 0x7f.1, 0177.0.0.1, 127.1: each one some library's 127.0.0.1
        return _bad("An IPv4 address has to be written as four decimal numbers without leading zeros.")


def _literal_v6(*, scheme: Literal["https", "http"], host: str, port: int, path: str) -> Target | Refusal:
    try:
        address = IPv6Address(host)
    except ValueError:
        return _bad("The URL's IPv6 address can't be parsed.")
    if address.scope_id is not None:
        return _bad("An IPv6 address with a zone can't be reached by a webhook.")
    return Target(scheme=scheme, host=str(address), port=port, path=path, literal=canonical(str(address)))


def judge(target: Target, addresses: Sequence[Address], *, allow: Allow) -> Refusal | None:
    """Refuse the target unless every one of its addresses may be reached, by the scheme it uses."""
    if not addresses:
        return Refusal("unresolved", f"{target.host} has no address.", final=False)
    final = target.literal is not None  # a name may point elsewhere at the next try
    for address in addresses:
        if allow.admits(address):
            continue
        if (why := why_refused(address)) is not None:
            return Refusal("address_refused", f"{target.host} is at {address}, which is {why}.", final=final)
        if target.scheme == "http":
            return Refusal("https_required", "Plain http is only for allowed networks; use https.", final=final)
        if is_own(address):
            return Refusal("address_refused", f"{target.host} is at {address}, which is this machine.", final=final)
    return None


def is_own(address: Address) -> bool:
    """True when the address is one of this machine's own, public or not. Sends nothing.

    A datagram socket connected to one of its host's own addresses gets that same address as its source.
    """
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((str(address), 9))
            return bool(probe.getsockname()[0] == str(address))
    except OSError:
        return False  # no route: connecting will fail in the same way


async def checked_addresses(target: Target, *, allow: Allow, resolve: Resolve) -> tuple[Address, ...] | Refusal:
    """Every address of the target, each one judged; the only ones that may be dialled."""
    if target.literal is not None:
        addresses: tuple[Address, ...] = (target.literal,)
    else:
        try:
            answers = await resolve(target.host, target.port)
        except OSError as exc:
            return Refusal("unresolved", f"{target.host} can't be resolved: {exc.strerror or exc}.", final=False)
        addresses = tuple(dict.fromkeys(canonical(answer) for answer in answers))
    return judge(target, addresses, allow=allow) or addresses


def _bad(message: str) -> Refusal:
    return Refusal("url_refused", message, final=True)
