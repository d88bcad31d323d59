"""URLs that mean one thing to a checker and another to a library."""

from __future__ import annotations

import pytest

from store.destinations.guard import Refusal, Target, read_url

ODD_NUMBERS = ["2130706433", "0x7f000001", "0x7F.0.0.1", "0177.0.0.1", "017700000001", "127.1", "127.0.1", "0x7f.1",
               "127.0.0.01", "127.0.0.0x1", "256.0.0.1", "1.2.3.4.5", "127.0.0.1.", "0", "0x", "1.2.3.08",
               "example.0x7f", "example.1"]  # fmt: skip
STRANGE = [
    "", "example.com", "//example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com:6379/_",
    "unix:///run/x", "https://", "https:///x", "https://:443/", "https://user@example.com/",
    "https://user:pw@example.com/", "https://example.com@127.0.0.1/", "https://127.0.0.1\\@example.com/",
    "https://example.com\\.evil.example/", "https://exa mple.com/", "https://example.com/\r\nHost: x",
    "https://example.com/\tx", "https://example.com:0/", "https://example.com:99999/", "https://example.com:1x/",
    "https://[::1", "https://::1/", "https://[::1%25lo]/", "https://[fe80::1%lo]/", "https://[v1.x]/", "https://[]/",
    "https://[127.0.0.1]/", "https://[::ffff:127.0.0.1%1]/", "https://\uff11\uff12\uff17.0.0.1/", "https://\u24db\u24de/",
    "https://127\u30020\u30020\u30021/", "https://bücher.example/", "https://%6c%6f/", "https://example.com%2f@x/",
    "https://ex..ample/", "https://-x.example/", "https://.example/", "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 130 + "example/", "https://example.com/" + "x" * 2048, "https://example.com#@127.0.0.1\\/",
]  # fmt: skip


@pytest.mark.parametrize("host", ODD_NUMBERS)
def test_odd_spellings_of_an_address_are_refused(host: str) -> None:
    """Decimal, octal, hexadecimal and short forms of IPv4, which some library reads as loopback, are refused."""
    answer = read_url(f"https://{host}/")
    if host == "127.0.0.1.":  # the root dot changes nothing: it is still an address, judged as one
        assert isinstance(answer, Target)
        assert str(answer.literal) == "127.0.0.1"
    else:
        assert isinstance(answer, Refusal)
        assert (answer.code, answer.final) == ("url_refused", True)


@pytest.mark.parametrize("url", STRANGE)
def test_strange_urls_are_refused_for_good(url: str) -> None:
    """Other schemes, credentials, zones, non-ASCII hosts, control characters and malformed hosts are refused."""
    answer = read_url(url)
    assert isinstance(answer, Refusal), answer
    assert (answer.code, answer.final) == ("url_refused", True)


@pytest.mark.parametrize(
    ("url", "literal"),
    [
        ("https://127.0.0.1/", "127.0.0.1"),
        ("https://[::1]/", "::1"),
        ("https://[::ffff:10.0.0.1]/", "10.0.0.1"),
        ("https://[0:0:0:0:0:ffff:7f00:1]/", "127.0.0.1"),
        ("https://[64:ff9b::7f00:1]/", "64:ff9b::7f00:1"),
    ],
)
def test_an_address_is_known_as_one(url: str, literal: str) -> None:
    """A host that is an address is judged as that address, without any look-up."""
    answer = read_url(url)
    assert isinstance(answer, Target)
    assert str(answer.literal) == literal


def test_an_ordinary_url_is_taken_apart() -> None:
    """Scheme, lower-case host, port, path and query are kept; a fragment is dropped."""
    assert read_url("https://Hooks.Example.com:8443/a%20b?c=d&e#f") == Target(
        "https", "hooks.example.com", 8443, "/a%20b?c=d&e"
    )
    assert read_url("https://xn--bcher-kva.example") == Target("https", "xn--bcher-kva.example", 443, "/")
