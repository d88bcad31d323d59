"""One line uploads: what is sent, in which order, and what comes of it."""

from __future__ import annotations

import email
import email.policy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load
from torch import nn

import cloche
from cloche import Client
from cloche.pytorch import upload_model
from tests.client.conftest import KEY
from tests.client.scripted import Answer, Asked, Script

SOURCE = "class Line(nn.Module): ...\n"
CHECKED = {"accepted": True, "class_name": "Line", "policy_version": "1", "violations": []}
EVAL = {"line": 3, "column": 5, "code": "CL301", "message": "`eval` is not allowed.", "source_line": "    eval(x)"}


def version(**changes: Any) -> dict[str, Any]:
    """A version's JSON as the engine writes it."""
    plain = {"id": "ver_1", "model_id": "mdl_1", "model": "My model", "version": 4, "status": "checking",
             "verdict": CHECKED, "error": None}  # fmt: skip
    return plain | changes


def parts(asked: Asked) -> dict[str, bytes]:
    """The parts of a multipart request by name."""
    head = f"Content-Type: {asked.headers['Content-Type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + asked.body, policy=email.policy.HTTP)
    return {
        str(part.get_param("name", header="content-disposition")): bytes(part.get_payload(decode=True) or b"")
        for part in message.iter_parts()
    }


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "my_line.py"
    path.write_text(SOURCE)
    return path


@pytest.fixture
def serving(script: Script, monkeypatch: pytest.MonkeyPatch) -> Script:
    """A scripted engine that accepts, checks and serves."""
    monkeypatch.setenv("CLOCHE_URL", script.url)
    monkeypatch.setenv("CLOCHE_API_KEY", KEY)
    script.on("POST /v1/check", Answer(200, CHECKED))
    script.on("POST /v1/models", Answer(201, version()))
    script.on("POST /v1/models/My%20model/tokens", Answer(201, {"token": "cloche_secret"}))
    return script


NEWEST = "GET /v1/models/My%20model/versions/4"


def test_one_line(serving: Script, source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Source and weights arrive whole, the version is waited for, and a token of its own comes back."""
    serving.on(NEWEST, Answer(200, version()), Answer(200, version(status="ready")))
    model = nn.Linear(3, 2)
    assert upload_model("My model", model, source) == ("mdl_1", "cloche_secret")
    sent = parts(serving.to("POST /v1/models")[0])
    assert sent["name"] == b"My model"
    assert sent["source"] == SOURCE.encode()
    assert torch.equal(load(sent["weights"])["weight"], model.weight)
    assert "config" not in sent
    assert [asked.path for asked in serving.asked] == [
        "/v1/check", "/v1/models", *["/v1/models/My%20model/versions/4"] * 2, "/v1/models/My%20model/tokens",
    ]  # fmt: skip
    assert "uploading My model: 100%" in capsys.readouterr().err


def test_silence_can_be_asked_for(serving: Script, source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """progress=False prints nothing at all."""
    serving.on(NEWEST, Answer(200, version(status="ready")))
    upload_model("My model", nn.Linear(1, 1), source, progress=False)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("example", "config"),
    [
        (None, {"example_input": None}),
        ([1.5], {"example_input": [1.5]}),
        (b"\x00\xff", {"example_input": "AP8=", "example_input_encoding": "base64"}),
    ],
)
def test_the_example_goes_along(example: object, config: dict[str, Any], serving: Script, source: Path) -> None:
    """An example input is sent in the config, bytes as base64, None as an input like any other."""
    serving.on(NEWEST, Answer(200, version(status="ready")))
    upload_model("My model", nn.Linear(1, 1), source, example_input=example, memory_bytes=2**30, gpus=1)
    sent = parts(serving.to("POST /v1/models")[0])
    assert json.loads(sent["config"]) == config | {"memory_bytes": 2**30, "gpus": 1}


def test_a_refused_source_costs_no_upload(serving: Script, script: Script, source: Path) -> None:
    """The policy is asked before the weights are sent; its violations are raised under the file's name."""
    script._answers["POST /v1/check"].clear()
    script.on("POST /v1/check", Answer(200, {**CHECKED, "accepted": False, "violations": [EVAL]}))
    with pytest.raises(cloche.SourceRefused) as caught:
        upload_model("My model", nn.Linear(1, 1), source)
    assert caught.value.violations[0].code == "CL301"
    assert "my_line.py:3:5: CL301 `eval` is not allowed." in str(caught.value)
    assert serving.to("POST /v1/models") == []


def test_a_source_refused_later_is_raised_too(serving: Script, source: Path) -> None:
    """The worker asks the policy again; what it refuses is raised in the same way, and makes no token."""
    refused = version(status="refused", verdict={**CHECKED, "violations": [EVAL]})
    serving.on(NEWEST, Answer(200, refused))
    with pytest.raises(cloche.SourceRefused):
        upload_model("My model", nn.Linear(1, 1), source)
    assert serving.to("POST /v1/models/My%20model/tokens") == []


def test_a_failed_load_raises_the_tenants_traceback(serving: Script, source: Path) -> None:
    """When the class can't be built, its own traceback is what is raised."""
    error = {"type": "load_error", "message": "NameError: name 'nn' is not defined", "traceback": "line 1, in <module>"}
    serving.on(NEWEST, Answer(200, version(status="failed", error=error)))
    with pytest.raises(cloche.LoadFailed, match="line 1, in <module>") as caught:
        upload_model("My model", nn.Linear(1, 1), source)
    assert (caught.value.model, caught.value.version) == ("My model", 4)


def test_not_waiting(serving: Script, source: Path) -> None:
    """wait=False returns while the version is being checked."""
    assert upload_model("My model", nn.Linear(1, 1), source, wait=False) == ("mdl_1", "cloche_secret")
    assert serving.to(NEWEST) == []


def test_waiting_ends(serving: Script, source: Path) -> None:
    """A check that takes longer than ``timeout`` is a WaitTimedOut that says the check goes on."""
    serving.on(NEWEST, Answer(200, version()))
    with pytest.raises(cloche.WaitTimedOut, match="the check goes on"):
        upload_model("My model", nn.Linear(1, 1), source, timeout=0.01)


def test_a_missing_source_is_named(serving: Script, tmp_path: Path) -> None:
    """A path that leads nowhere is an error before anything is sent."""
    with pytest.raises(cloche.ConfigurationError, match=r"nowhere\.py"):
        upload_model("My model", nn.Linear(1, 1), tmp_path / "nowhere.py")
    assert serving.asked == []


def test_weights_alone_are_no_model(serving: Script, source: Path) -> None:
    """A state_dict where the model belongs, the likeliest mistake, is named before anything is sent."""
    with pytest.raises(cloche.WeightsNotSavable, match=r"nn\.Module.*OrderedDict.*model itself"):
        upload_model("My model", nn.Linear(1, 1).state_dict(), source)  # type: ignore[arg-type]  # what is tested
    assert serving.asked == []


def test_no_file_is_left_behind(serving: Script, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The weights' temporary file is gone whether the upload worked or not."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    serving.on(NEWEST, Answer(200, version(status="ready")), Answer(200, version(status="failed")))
    upload_model("My model", nn.Linear(1, 1), source)
    with pytest.raises(cloche.LoadFailed):
        upload_model("My model", nn.Linear(1, 1), source)
    assert list(folder.iterdir()) == []


def test_memory_does_not_hold_the_weights_twice(serving: Script, source: Path) -> None:
    """Uploading 160 MB of weights makes the process larger by less than a quarter of them."""
    serving.on(NEWEST, Answer(200, version(status="ready")))
    probe = (
        "import resource, sys, torch\n"
        "from cloche.pytorch import upload_model\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024\n"
        "small, large = torch.nn.Linear(1, 1), torch.nn.Linear(20_000, 2_000)\n"
        "upload_model('My model', small, sys.argv[1], progress=False)\n"
        "before = peak()\n"
        "upload_model('My model', large, sys.argv[1], progress=False)\n"
        "print(peak() - before)\n"
    )
    ended = subprocess.run([sys.executable, "-c", probe, str(source)], capture_output=True, text=True, check=True)
    assert int(ended.stdout) < 40_000_000
    assert len(serving.to("POST /v1/models")[-1].body) > 160_000_000


def test_the_bar_counts_what_went_out(script: Script, client: Client, source: Path, tmp_path: Path) -> None:
    """Progress adds up to the size of the weights, and starts over when an attempt does."""
    weights = tmp_path / "w"
    weights.write_bytes(bytes(300_000))
    busy = Answer(503, {"code": "redis_unavailable", "detail": "No."})
    script.on("POST /v1/models", busy, Answer(201, version()))
    counts: list[int] = []
    client.upload(cloche.Upload(name="a", source=source, weights=weights), on_bytes=counts.append)
    assert sum(counts) == 300_000
    assert sum(count for count in counts if count > 0) == 600_000
    assert max(counts) < 300_000
