"""Two corpora: what people write is accepted and runs, what attackers write is refused."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from policies.check import check
from policies.render import render
from policies.verdict import Verdict

CORPUS = Path(__file__).parent / "corpus"
BENIGN = sorted((CORPUS / "benign").glob("*.py"))
HOSTILE = sorted((CORPUS / "hostile").glob("*.py"))


def png(width: int, height: int) -> bytes:
    """A small picture, for the inputs that the files' first lines describe."""
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).save(buffer, "PNG")
    return buffer.getvalue()


def example(source: str) -> Any:
    """The input named in the file's first line."""
    line = source.partition("\n")[0].removeprefix("\ufeff")
    assert line.startswith("# input: "), "a benign file says in its first line what it is called with"
    return eval(line.removeprefix("# input: "), {"torch": torch, "png": png, "json": json})


def answer(verdict: Verdict, path: Path, *, value: Any) -> Any:
    """What the accepted file answers, loaded the way the sandbox loads it."""
    namespace: dict[str, Any] = {"__name__": "model"}
    exec(compile(path.read_bytes(), str(path), "exec"), namespace)
    model = namespace[str(verdict.class_name)]()
    model.load_state_dict(model.state_dict())
    return model.predict_single(value)


@pytest.mark.parametrize("path", BENIGN, ids=lambda path: path.stem)
def test_an_ordinary_model_is_accepted_and_runs(path):
    """A file in a style found in the wild passes every rule, loads without arguments and answers."""
    verdict = check(path.read_bytes())
    assert verdict.accepted, render(verdict, path=path.name)
    value = answer(verdict, path, value=example(path.read_bytes().decode()))
    if not isinstance(value, bytes):
        json.dumps(value)


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path.stem)
def test_a_hostile_model_is_refused(path):
    """A file that leads out of the model is refused, with the code that its first line names."""
    verdict = check(path.read_bytes())
    expected = re.match(rb"# refused: (CL\d{3}(?: CL\d{3})*)", path.read_bytes())
    assert expected, "a hostile file says in its first line which rules refuse it"
    found = {violation.code for violation in verdict.violations}
    assert set(expected.group(1).decode().split()) <= found, render(verdict, path=path.name)
