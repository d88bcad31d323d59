"""POST /v1/models: what becomes a version, what doesn't, and that nothing is left behind."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import save
from starlette.testclient import TestClient

from tests.api.conftest import SOURCE, Account, Installation, assert_problem, upload, weights

TORCH_ZIP = io.BytesIO()
torch.save({"a": torch.zeros(3)}, TORCH_ZIP)
TORCH_LEGACY = io.BytesIO()
torch.save({"a": torch.zeros(3)}, TORCH_LEGACY, _use_new_zipfile_serialization=False)
NUMPY = io.BytesIO()
np.save(NUMPY, np.zeros(3))
ZIP = io.BytesIO()
with zipfile.ZipFile(ZIP, "w") as archive:
    archive.writestr("x", "y")


@pytest.fixture(autouse=True)
def nothing_is_left(installation: Installation) -> object:
    """Whatever a test here does, no temporary file survives it."""
    yield
    if (installation.blobs / "tmp").exists():
        assert installation.leftovers() == []


def test_an_upload_becomes_a_version(api: TestClient, installation: Installation, acme: Account) -> None:
    """201 with what is known already; source and weights are stored under their hashes; a check is asked for."""
    file = save({"scale.weight": torch.zeros(1), "scale.bias": torch.zeros(1)})
    response = upload(api, acme, weights_file=file, config='{"description": "Echo", "example_input": null}')
    body = response.json()
    assert response.status_code == 201
    assert response.headers["location"] == body["urls"]["self"] == "/v1/models/echo/versions/1"
    assert (body["model"], body["version"], body["status"], body["class_name"]) == ("echo", 1, "checking", "Echo")
    assert body["config"] == {"description": "Echo", "example_input": None}
    assert body["verdict"]["accepted"] is True
    for kind, content in (("weights", file), ("source", SOURCE)):
        digest = hashlib.sha256(content).hexdigest()
        assert (body[f"{kind}_sha256"], body[f"{kind}_bytes"]) == (digest, len(content))
        assert (installation.blobs / digest[:2] / digest).read_bytes() == content
    assert [v.id for v in installation.catalog.models.checking()] == [body["id"]]
    assert installation.redis.llen("rq:queue:turns-cpu") == 1
    assert api.get(body["urls"]["self"], headers=acme.headers).json() == body


def test_the_same_name_again_is_the_next_version(api: TestClient, acme: Account) -> None:
    """Versions count from 1, in one model."""
    first, second = upload(api, acme).json(), upload(api, acme).json()
    assert (second["version"], second["model_id"]) == (2, first["model_id"])
    model = api.get("/v1/models/echo", headers=acme.headers).json()
    assert [v["version"] for v in model["versions"]] == [2, 1]
    assert (model["latest_version"], model["ready_version"]) == (2, None)


def test_a_refused_source_is_stored_as_refused(api: TestClient, installation: Installation, acme: Account) -> None:
    """201 with every violation: code, line, column, sentence; nothing is left to check."""
    source = b"import os\n" + SOURCE
    body = upload(api, acme, source=source).json()
    assert body["status"] == "refused"
    assert body["verdict"]["accepted"] is False
    (violation,) = [v for v in body["verdict"]["violations"] if v["line"] == 1]
    assert violation["code"].startswith("CL2")
    assert violation["column"] >= 1
    assert violation["message"]
    assert installation.catalog.models.checking() == ()
    assert installation.redis.llen("rq:queue:turns-cpu") == 0


def test_parts_in_any_order(api: TestClient, acme: Account) -> None:
    """Weights may come first, and source and name may be fields or files."""
    files = [
        ("weights", ("w", weights())),
        ("config", ("c.json", b"{}")),
        ("source", (None, SOURCE)),
        ("name", ("n", b"echo")),
    ]
    assert api.post("/v1/models", files=files, headers=acme.headers).status_code == 201


@pytest.mark.parametrize(
    "content_type", ["", "application/json", "application/x-www-form-urlencoded", "multipart/mixed"]
)
def test_not_multipart(api: TestClient, acme: Account, content_type: str) -> None:
    """415 says what to send instead."""
    response = api.post("/v1/models", content=b"{}", headers={**acme.headers, "Content-Type": content_type})
    assert_problem(response, 415, "not_multipart")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=" + "a" * 71, b""),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b"garbage"),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\nx\r\n--b--\r\n"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nx'),
        ("multipart/form-data; boundary=b", b"--b\r\n" + b"X: " + b"y" * 10_000 + b"\r\n\r\nx\r\n--b--\r\n"),
        ("multipart/form-data; boundary=b", b"--b\r\n" + b"X: y\r\n" * 50 + b"\r\nx\r\n--b--\r\n"),
    ],
)
def test_multipart_that_is_broken(api: TestClient, acme: Account, content_type: str, body: bytes) -> None:
    """No boundary, no parts, no end, nameless parts, endless headers."""
    response = api.post("/v1/models", content=body, headers={**acme.headers, "Content-Type": content_type})
    assert_problem(response, 400, "invalid_multipart")


@pytest.mark.parametrize("part", ["name", "source", "weights"])
def test_a_missing_part(api: TestClient, acme: Account, part: str) -> None:
    """422 names what is missing."""
    parts = {"name": (None, b"echo"), "source": ("m.py", SOURCE), "weights": ("w", weights())}
    del parts[part]
    body = assert_problem(api.post("/v1/models", files=parts, headers=acme.headers), 422, "missing_part")
    assert body["missing"] == [part]


def test_parts_that_dont_belong(api: TestClient, acme: Account) -> None:
    """Unknown parts and parts that come twice are refused, never ignored."""
    files = [("name", (None, b"echo")), ("wheights", ("w", weights()))]
    assert_problem(api.post("/v1/models", files=files, headers=acme.headers), 422, "invalid_request")
    files = [("name", (None, b"echo")), ("name", (None, b"other"))]
    assert_problem(api.post("/v1/models", files=files, headers=acme.headers), 422, "invalid_request")


@pytest.mark.parametrize("name", ["", "/", "a/b", "../x", ".hidden", "-x", "é", "a" * 101, "a\x00b", "a\nb"])
def test_names_that_are_none(api: TestClient, acme: Account, name: str) -> None:
    """422 says what a name looks like."""
    files = {"name": (None, name.encode()), "source": ("m.py", SOURCE), "weights": ("w", weights())}
    assert_problem(api.post("/v1/models", files=files, headers=acme.headers), 422, "invalid_name")


@pytest.mark.parametrize(
    "file",
    [
        TORCH_ZIP.getvalue(),
        TORCH_LEGACY.getvalue(),
        NUMPY.getvalue(),
        ZIP.getvalue(),
        *(pickle.dumps({"a": [1.0] * 9}, protocol=protocol) for protocol in (2, 3, 4, 5)),
    ],
)
def test_a_pickle(api: TestClient, acme: Account, file: bytes) -> None:
    """Whatever torch.save, numpy.save and pickle write is refused with how to convert it."""
    body = assert_problem(upload(api, acme, weights_file=file), 422, "pickle_refused")
    assert "safetensors.torch.save_file" in body["detail"]


@pytest.mark.parametrize("cut", [1, 9, 60])
def test_truncated_weights(api: TestClient, acme: Account, cut: int) -> None:
    """422 says how long the file should be."""
    file = weights()
    body = assert_problem(upload(api, acme, weights_file=file[:-cut]), 422, "weights_truncated")
    assert body["got_bytes"] == len(file) - cut
    assert body["expected_bytes"] <= len(file)


@pytest.mark.parametrize("file", [b"x", b"hello world, this is text", weights() + b"x"])
def test_weights_that_are_none(api: TestClient, acme: Account, file: bytes) -> None:
    """Too short, another format, something behind the last tensor."""
    assert_problem(upload(api, acme, weights_file=file), 422, "not_safetensors")


def test_empty_weights(api: TestClient, acme: Account) -> None:
    """An empty file is no safetensors file; a file of no tensors is one."""
    files = {"source": ("model.py", SOURCE), "weights": ("w.safetensors", b"")}
    response = api.post("/v1/models", data={"name": "echo"}, files=files, headers=acme.headers)
    assert_problem(response, 422, "not_safetensors")
    assert upload(api, acme, weights_file=save({})).status_code == 201


def test_a_source_that_is_too_large(api: TestClient, acme: Account) -> None:
    """413 says the limit."""
    body = assert_problem(upload(api, acme, source=b"#" * (256 * 1024 + 1)), 413, "source_too_large")
    assert body["limit_bytes"] == 256 * 1024


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ("{", "invalid_json"),
        ("NaN", "invalid_json"),
        ('{"example_input": 1e999}', "invalid_request"),
        ('{"example_input": NaN}', "invalid_json"),
        ("[" * 100_000, "invalid_json"),
        ("[]", "invalid_request"),
        ('{"unknown": 1}', "invalid_request"),
        ('{"timeout_seconds": 31}', "invalid_request"),
        ('{"timeout_seconds": 0}', "invalid_request"),
        ('{"timeout_seconds": "1"}', "invalid_request"),
        ('{"memory_bytes": 1}', "invalid_request"),
        ('{"memory_bytes": 99999999999}', "invalid_request"),
        ('{"gpus": 2}', "invalid_request"),
        ('{"gpus": -1}', "invalid_request"),
        ('{"gpus": true}', "invalid_request"),
        ('{"gpus": 0.5}', "invalid_request"),
        ('{"description": 5}', "invalid_request"),
        (json.dumps({"description": "a" * 2001}), "invalid_request"),
        ('{"example_input": "?", "example_input_encoding": "base64"}', "invalid_request"),
        ('{"example_input_encoding": "base64"}', "invalid_request"),
        ('{"example_input_encoding": "hex"}', "invalid_request"),
        ('{"example_input": "' + "a" * 1024 * 1024 + '"}', "invalid_request"),
    ],
    ids=lambda text: text[:40],
)
def test_configs_that_are_wrong(api: TestClient, acme: Account, config: str, code: str) -> None:
    """Strict: unknown fields, wrong types and values over the tenant's quotas are refused."""
    status = 400 if code == "invalid_json" else 422
    body = assert_problem(upload(api, acme, config=config), status, code)
    assert "config" in body["detail"]


def test_an_upload_over_the_upload_quota(api: TestClient, installation: Installation, acme: Account) -> None:
    """413 whether the size was announced or turned out on the way, and nothing is stored."""
    installation.quotas(acme, upload_bytes=1_000_000)
    body = assert_problem(upload(api, acme, weights_file=weights(a=2_000_000)), 413, "upload_too_large")
    assert body["limit"] == 1_000_000
    assert_problem(upload(api, acme, weights_file=weights(a=300_000)), 413, "upload_too_large")
    assert api.get("/v1/models", headers=acme.headers).json() == {"models": []}
    assert list(installation.blobs.glob("??/*")) == []
    assert upload(api, acme, weights_file=weights(a=200_000)).status_code == 201


def test_uploads_over_the_storage_quota(api: TestClient, installation: Installation, acme: Account) -> None:
    """What is stored already counts; deleting makes room."""
    installation.quotas(acme, storage_bytes=1_000_000)
    assert upload(api, acme, weights_file=weights(a=150_000)).status_code == 201
    body = assert_problem(upload(api, acme, weights_file=weights(a=150_000)), 413, "quota_storage")
    assert (body["limit"], body["used"]) == (1_000_000, 600_000 + len(SOURCE) + len(weights(a=1)) - 4 + 10)
    assert api.delete("/v1/models/echo", headers=acme.headers).status_code == 204
    assert upload(api, acme, weights_file=weights(a=150_000)).status_code == 201


def test_uploads_over_the_quotas_of_models_and_versions(
    api: TestClient, installation: Installation, acme: Account
) -> None:
    """403 says what is used; nothing of the refused upload is stored."""
    installation.quotas(acme, models=1, versions=1)
    assert upload(api, acme).status_code == 201
    stored = set(installation.blobs.glob("??/*"))
    body = assert_problem(upload(api, acme, name="second", weights_file=weights(b=3)), 403, "quota_models")
    assert (body["limit"], body["used"]) == (1, 1)
    assert_problem(upload(api, acme, weights_file=weights(b=3)), 403, "quota_versions")
    assert set(installation.blobs.glob("??/*")) == stored


def test_a_check_that_cant_be_asked_for(
    api: TestClient, installation: Installation, acme: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stored version is 201 even when Redis went away at the last moment: workers look for unchecked versions."""
    from store.errors import RedisUnavailable

    async def away(_: object, **__: object) -> None:
        raise RedisUnavailable("gone")

    monkeypatch.setattr(api.app.state.parts.jobs, "enqueue_check", away)  # type: ignore[attr-defined]
    assert upload(api, acme).json()["status"] == "checking"
    assert len(installation.catalog.models.checking()) == 1
