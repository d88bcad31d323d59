"""Where the engine is, and who asks."""

from __future__ import annotations

import pytest

import cloche
from cloche import _default, _settings
from tests.client.conftest import KEY


def test_the_environment_says_where_and_who(monkeypatch: pytest.MonkeyPatch) -> None:
    """CLOCHE_URL and CLOCHE_API_KEY are read when a client is made; what is passed goes first."""
    monkeypatch.setenv("CLOCHE_URL", "http://one.example:1/")
    monkeypatch.setenv("CLOCHE_API_KEY", KEY)
    assert cloche.Client().url == "http://one.example:1"
    assert cloche.Client("http://two.example").url == "http://two.example"
    monkeypatch.delenv("CLOCHE_URL")
    assert cloche.Client().url == "http://127.0.0.1:8000"


def test_the_module_keeps_one_client_for_each_engine_and_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections are reused between calls, and a changed environment is obeyed."""
    monkeypatch.setenv("CLOCHE_API_KEY", KEY)
    first = _default.default_client("http://one.example")
    assert _default.default_client("http://one.example") is first
    assert _default.default_client("http://one.example", "another") is not first
    monkeypatch.setenv("CLOCHE_URL", "http://one.example")
    assert _default.default_client() is first


@pytest.mark.parametrize(
    ("url", "key", "says"),
    [
        ("", "", "CLOCHE_API_KEY"),
        ("ftp://x", "key", "address"),
        ("127.0.0.1:8000", "key", "address"),
        ("http://", "key", "address"),
        ("http://[x", "key", "address"),
        ("", "kéy", "characters"),
        ("", "a\nb", "characters"),
    ],
)
def test_unusable_settings_are_named(url: str, key: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing key or an impossible address is a ConfigurationError before anything is sent."""
    monkeypatch.delenv("CLOCHE_API_KEY", raising=False)
    with pytest.raises(cloche.ConfigurationError, match=says):
        cloche.Client(url, key)


def test_the_key_is_never_printed() -> None:
    """Neither a client nor its settings show the key."""
    assert KEY not in repr(cloche.Client("http://one.example", KEY))
    assert KEY not in repr(_settings.settings("http://one.example", KEY))
