"""The OpenAPI document says everything: addresses, shapes, problems, security."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

from api.errors import PROBLEMS


def _operations(api: TestClient) -> list[tuple[str, str, dict[str, Any]]]:
    paths = api.get("/openapi.json").json()["paths"]
    return [(method, path, operation) for path, methods in paths.items() for method, operation in methods.items()]


def test_every_problem_is_described_somewhere(api: TestClient) -> None:
    """A code that a client can meet stands with the addresses that answer it."""
    described = {
        code
        for _, _, operation in _operations(api)
        for response in operation["responses"].values()
        for code in response.get("content", {}).get("application/problem+json", {}).get("examples", {})
    }
    assert described == set(PROBLEMS) - {"not_found", "method_not_allowed"}


def test_every_reference_leads_somewhere(api: TestClient) -> None:
    """Shapes that are referred to are in the document."""
    document = api.get("/openapi.json").json()

    def references(node: Any) -> set[str]:
        if isinstance(node, list):
            return set().union(*map(references, node))
        if not isinstance(node, dict):
            return set()
        found = {node["$ref"]} if "$ref" in node else set()
        return found.union(*map(references, node.values()))

    wanted = references(document)
    assert wanted == {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}


def test_every_address_says_what_it_needs(api: TestClient) -> None:
    """Path parameters are declared, /v1 asks for a key, and every operation has a name, a tag and a sentence."""
    for _, path, operation in _operations(api):
        declared = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
        assert declared == {part[1:-1] for part in path.split("/") if part.startswith("{")}
        # {} stands for "or none": an output opens to a signed link, too.
        wanted = [{"key": []}, {}] if path.endswith("/output") else [{"key": []}]
        assert operation["security"] == (wanted if path.startswith("/v1/") else [])
        assert operation["operationId"]
        assert operation["tags"]
        assert operation["summary"]
