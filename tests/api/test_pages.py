"""/docs: a page that needs no other host."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from starlette.testclient import TestClient

from api.pages import FILES
from tests.api.serving import Served


class Named(HTMLParser):
    """Every address a page names, and whether it holds scripts or styles of its own."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.addresses += [value for name in ("src", "href") if (value := found.get(name))]
        self.inline += (tag == "script" and "src" not in found) or tag == "style"
        self.inline += any(name.startswith("on") or name == "style" for name in found)


@pytest.mark.parametrize("below", ["", "/cloche"])
def test_everything_the_page_names_comes_from_here(served: Served, below: str) -> None:
    """Each asset is fetched, whole and of its kind, wherever a proxy puts the API; nothing on the page is inline."""
    page = httpx.get(f"{served.url}/docs")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    named = Named(page.text)
    assert named.inline == 0
    paths = set()
    for address in named.addresses:
        found = urlsplit(urljoin(f"{served.url}{below}/docs", address))
        assert (f"http://{found.netloc}", found.path.startswith(f"{below}/docs/")) == (served.url, True)
        paths.add(found.path.removeprefix(f"{below}/docs/"))
        answer = httpx.get(f"{served.url}{found.path.removeprefix(below)}?{found.query}")
        assert answer.status_code == 200
        assert len(answer.content) == int(answer.headers["content-length"]) > 100
        assert answer.headers["x-content-type-options"] == "nosniff"
        kind = FILES.get(found.path.rpartition("/")[2], "text/javascript")
        assert answer.headers["content-type"].partition(";")[0] == kind
    assert paths == {*FILES, "start.js"}


def test_the_page_shows_the_document(api: TestClient) -> None:
    """Its script names the document, beside the page, and the document is there; no validator elsewhere is asked."""
    script = api.get("/docs/start.js").text
    assert 'new URL("openapi.json", document.baseURI)' in script
    assert "validatorUrl: null" in script
    assert api.get("/openapi.json").json()["info"]["title"] == "Cloche"
    assert "SwaggerUIBundle" in api.get("/docs/swagger-ui-bundle.js").text


def test_nothing_but_our_own_scripts_may_run(api: TestClient) -> None:
    """The policy of the page is closed, and opened for this origin alone; scripts neither inline nor evaluated."""
    rules = dict(rule.split(" ", 1) for rule in api.get("/docs").headers["content-security-policy"].split("; "))
    assert rules["default-src"] == "'none'"
    assert (rules["script-src"], rules["connect-src"]) == ("'self'", "'self'")
    assert (rules["base-uri"], rules["form-action"], rules["frame-ancestors"]) == ("'none'", "'none'", "'none'")
    assert not any("http" in rule or "*" in rule or "unsafe-eval" in rule for rule in rules.values())


@pytest.mark.parametrize("path", ["/docs/__init__.py", "/docs/..%2fmain.py", "/docs/../__init__.py", "/docs/"])
def test_nothing_else_is_served(api: TestClient, path: str) -> None:
    """Only the files that the page needs."""
    assert api.get(path).status_code == 404
