"""The OpenAPI document as a contract: every answer to every test is held against it."""

from __future__ import annotations

import re
from typing import Any

from httpx import Response
from starlette.testclient import TestClient

from api import schemas, webhook_shapes

Json = dict[str, Any]


class WatchedClient(TestClient):
    """A test client that fails when an answer is not in the OpenAPI document."""

    def request(self, method: str, url: Any, **kwargs: Any) -> Response:  # type: ignore[override]  # passes everything on
        response = super().request(method, url, **kwargs)
        check(self.app.openapi(), method, response)  # type: ignore[attr-defined]  # always our FastAPI
        return response


def check(document: Json, method: str, response: Response) -> None:
    """Status, code, headers and shape are described."""
    operation = find(document, method, response.request.url.raw_path.decode().partition("?")[0])
    if operation is None:
        return
    status = str(response.status_code)
    assert status in operation["responses"], f"{operation['operationId']} answers {status}, which is not described"
    described = operation["responses"][status]
    if method == "HEAD":
        assert not response.content
        return
    media = response.headers.get("content-type", "").partition(";")[0]
    if media == "application/problem+json":
        codes = described["content"][media]["examples"]
        assert response.json()["code"] in codes, (operation["operationId"], response.text)
        schemas.Problem.model_validate_json(response.content)
        return
    for header in ("Location", "Preference-Applied", "Idempotent-Replayed", "RateLimit-Policy", "RateLimit"):
        assert header not in response.headers or header in described["headers"], header
    kinds = described.get("content", {})
    # What has no shape, as the results of a batch that has none yet, may be empty.
    assert bool(response.content) == bool(kinds) or (kinds and not any(kinds.values()))
    if response.content:
        _check_shape(described["content"][media].get("schema"), response)


def _check_shape(schema: Json | None, response: Response) -> None:
    if schema is None:
        return
    name = schema["$ref"].rpartition("/")[2]
    shape = getattr(schemas, name, None) or getattr(webhook_shapes, name)
    shape.model_validate_json(response.content)


def find(document: Json, method: str, path: str) -> Json | None:
    """The operation behind a request, if there is one."""
    for template, methods in document["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            found: Json | None = methods.get(method.lower())
            return found
    return None
