"""The SDK against the whole engine: API, worker, sandboxes, all of them real."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import cloche
from cloche import Client
from cloche.pytorch import upload_model
from tests.conftest import Engine

EXAMPLES = Path(__file__).parents[2] / "examples"
_names = itertools.count()

TIED = """
import torch
from torch import nn


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Embedding(7, 5)
        self.decoder = nn.Linear(5, 7)
        self.decoder.weight = self.encoder.weight

    def forward(self, ids):
        return self.decoder(self.encoder(ids))

    @torch.inference_mode()
    def predict_single(self, x):
        return self.forward(torch.tensor(x)).tolist()
"""

MOODY = """
import torch
from torch import nn


class Moody(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def predict_single(self, x):
        print("asked", x)
        if x == "raise":
            raise ValueError("not today")
        if x == "bytes":
            return bytes(range(256))
        while x == "forever":
            pass
        return x
"""


@pytest.fixture(scope="module")
def key(engine: Engine) -> str:
    return engine.tenant("sdk")


@pytest.fixture(autouse=True)
def environment(engine: Engine, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOCHE_URL", engine.url)
    monkeypatch.setenv("CLOCHE_API_KEY", key)


@pytest.fixture
def client(environment: None) -> Iterator[Client]:
    with Client() as made:
        yield made


def written(folder: Path, source: str) -> Path:
    path = folder / "model.py"
    path.write_text(source)
    return path


def loaded(path: Path) -> Any:
    """The one class of a model.py, as an instance."""
    spec = importlib.util.spec_from_file_location(f"uploaded_{next(_names)}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (kind,) = [value for value in vars(module).values() if isinstance(value, type) and value.__module__ == spec.name]
    return kind()


@pytest.fixture(scope="module")
def moody(engine: Engine, key: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model that does as it is told; its name."""
    path = written(tmp_path_factory.mktemp("moody"), MOODY)
    upload_model("moody", loaded(path), path, url=engine.url, api_key=key, progress=False)
    return "moody"


def test_tied_weights_answer_as_they_do_here(tmp_path: Path) -> None:
    """A model with tied weights, uploaded with one line, gives the very numbers it gives in this process."""
    torch.manual_seed(3)
    path = written(tmp_path, TIED)
    model = loaded(path)
    _, token = upload_model("tied words", model, path, example_input=[0, 1], progress=False)
    answer = cloche.predict("tied words", [1, 2, 6], api_key=token)
    torch.testing.assert_close(torch.tensor(answer), torch.tensor(model.predict_single([1, 2, 6])))


def test_a_new_version_takes_over(client: Client, tmp_path: Path) -> None:
    """The same name uploaded again is version 2, and answers from then on; version 1 still can."""
    path = written(tmp_path, TIED)
    first, second = loaded(path), loaded(path)
    model_id, _ = upload_model("versioned", first, path, progress=False)
    assert upload_model("versioned", second, path, progress=False)[0] == model_id
    newest = client.submit("versioned", [4])
    assert newest.version == 2
    torch.testing.assert_close(torch.tensor(newest.result(60)), torch.tensor(second.predict_single([4])))
    oldest = client.predict("versioned", [4], version=1)
    torch.testing.assert_close(torch.tensor(oldest), torch.tensor(first.predict_single([4])))


@pytest.mark.parametrize("value", [None, 1.5, "ü€", [1, {"a": None}], {"deep": [[[]]]}])
def test_json_goes_there_and_back(value: object, moody: str) -> None:
    """What JSON knows reaches predict_single and comes back equal."""
    assert cloche.predict(moody, value) == value


def test_bytes_come_back(moody: str) -> None:
    """A model that returns bytes is answered with bytes."""
    assert cloche.predict(moody, "bytes") == bytes(range(256))


@pytest.mark.parametrize("example", ["echo", "text", "digits"])
def test_the_examples_are_served(example: str, tmp_path: Path) -> None:
    """Every example's model.py is accepted, loaded and answered for."""
    path = EXAMPLES / example / "model.py"
    upload_model(example, loaded(path), path, progress=False)
    if example == "echo":
        assert cloche.predict(example, b"\x00\xff") == b"\x00\xff"
    elif example == "text":
        assert cloche.predict(example, "Wo ist der Bahnhof?")["language"] in {"english", "french", "german", "spanish"}
    else:
        picture = (EXAMPLES.parent / "tests" / "examples" / "eight.png").read_bytes()
        assert len(cloche.predict(example, picture)["probabilities"]) == 10


def test_an_example_in_bytes_is_run_as_bytes(client: Client) -> None:
    """A PNG as example_input reaches predict_single as bytes before the version is ready."""
    path = EXAMPLES / "digits" / "model.py"
    picture = (EXAMPLES.parent / "tests" / "examples" / "eight.png").read_bytes()
    upload_model("with example", loaded(path), path, example_input=picture, progress=False)
    assert client.model("with example").versions[0].status == "ready"
    with pytest.raises(cloche.LoadFailed, match="UnidentifiedImageError"):
        upload_model("with example", loaded(path), path, example_input=b"no picture", progress=False)


def test_a_refused_source_is_raised_with_its_lines(tmp_path: Path) -> None:
    """The policy's violations arrive as an exception that points at the line."""
    path = EXAMPLES / "digits" / "refused_model.py"
    with pytest.raises(cloche.SourceRefused, match="import os") as caught:
        upload_model("refused", nn.Linear(1, 1), path, progress=False)
    assert (caught.value.violations[0].line, caught.value.path) == (3, "refused_model.py")
    with Client() as client, pytest.raises(cloche.NotFound):
        client.model("refused")


def test_weights_that_do_not_fit_are_listed(tmp_path: Path) -> None:
    """Keys that are missing, unexpected or of another shape are each named."""
    path = written(tmp_path, TIED)
    model = nn.Module()
    model.encoder = nn.Embedding(8, 5)
    model.extra = nn.Linear(1, 1, bias=False)
    with pytest.raises(cloche.LoadFailed) as caught:
        upload_model("misfit", model, path, progress=False)
    assert caught.value.missing == ("decoder.bias",)  # decoder.weight is tied to a key that is there
    assert caught.value.unexpected == ("extra.weight",)
    assert [wrong["name"] for wrong in caught.value.mismatched] == ["encoder.weight"]


def test_a_constructor_that_raises_is_seen(tmp_path: Path) -> None:
    """The traceback of a class that can't be built is the tenant's own."""
    path = written(tmp_path, MOODY.replace("self.scale = nn.Parameter(torch.ones(1))", "self.scale = 1 / 0"))
    with pytest.raises(cloche.LoadFailed, match="ZeroDivisionError") as caught:
        upload_model("unbuildable", nn.Linear(1, 1), path, progress=False)
    assert "model.py" in caught.value.traceback


def test_an_exception_in_the_model_is_seen(moody: str) -> None:
    """JobFailed carries the model's traceback, and what it printed before."""
    with pytest.raises(cloche.JobFailed, match="not today") as caught:
        cloche.predict(moody, "raise")
    assert caught.value.type == "model_error"
    assert "predict_single" in caught.value.traceback
    assert caught.value.job.logs() == "asked raise\n"


def test_a_loop_ends_at_its_limit(moody: str) -> None:
    """timeout_seconds ends a model that never answers, and the next job succeeds."""
    with pytest.raises(cloche.JobFailed) as caught:
        cloche.predict(moody, "forever", timeout_seconds=1)
    assert caught.value.type == "timed_out"
    assert cloche.predict(moody, "next") == "next"


def test_a_running_job_is_canceled(client: Client, moody: str) -> None:
    """cancel() ends a job that runs, and result() says so."""
    job = client.submit(moody, "forever")
    while job.status == "queued":
        pass
    job.cancel()
    with pytest.raises(cloche.JobCanceled):
        job.result(30)
    assert job.cancel().status == "canceled"


def test_one_key_one_job(client: Client, moody: str) -> None:
    """The same Idempotency-Key gives the same job; another input under it is refused."""
    first = client.submit(moody, 1, idempotency_key="only once")
    assert client.submit(moody, 1, idempotency_key="only once").id == first.id
    with pytest.raises(cloche.RequestInvalid) as caught:
        client.submit(moody, 2, idempotency_key="only once")
    assert caught.value.code == "idempotency_mismatch"


def test_jobs_are_listed_with_their_outputs(client: Client, moody: str) -> None:
    """A job found in the list gives the output that the list itself leaves out."""
    job = client.submit(moody, "listed")
    assert job.result(60) == "listed"
    found = next(listed for listed in client.jobs(model=moody, status="succeeded") if listed.id == job.id)
    assert found.result() == "listed"
    assert client.job(job.id).predict_seconds == job.predict_seconds


def test_a_token_runs_its_model_and_nothing_else(client: Client, moody: str, tmp_path: Path) -> None:
    """An access token asks its own model; others are unknown to it, and it may not upload or make tokens."""
    token = client.create_token(moody)
    assert cloche.predict(moody, 5, api_key=token) == 5
    path = written(tmp_path, TIED)
    upload_model("another", loaded(path), path, progress=False)
    with Client(api_key=token) as limited:
        with pytest.raises(cloche.NotFound):
            limited.predict("another", [1])
        with pytest.raises(cloche.NotAllowed):
            limited.create_token(moody)
        with pytest.raises(cloche.NotAllowed):
            limited.delete_model(moody)
        assert [model.name for model in limited.models()] == [moody]


def test_a_deleted_model_is_gone(client: Client, tmp_path: Path) -> None:
    """delete_model takes the model, its versions and its tokens."""
    path = written(tmp_path, TIED)
    _, token = upload_model("short lived", loaded(path), path, progress=False)
    client.delete_model("short lived")
    with pytest.raises(cloche.NotFound):
        client.predict("short lived", [1])
    with pytest.raises(cloche.NotAuthenticated):
        cloche.predict("short lived", [1], api_key=token)
