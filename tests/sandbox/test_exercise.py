"""What inference does must work behind the wall: the system calls allowed are enough."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.contract import Sandbox
from sandbox.pool import Pool
from tests.sandbox.real import Models, ask

SOURCE = (Path(__file__).parents[1] / "attacks" / "probes" / "exercise.py").read_text()
EXPECTED = {
    "every_dtype": 1, "layers": 10, "sequence": 16, "attention": 32, "linear_algebra": 20, "embeddings": 8,
    "quantized": 16, "parallel": 2, "inter_op": 6, "scripted": 2, "generators": 8, "images": 16, "arrays": 200,
    "scratch_files": 100, "mapped_scratch_files": 100, "threads": 8, "autograd": 6,
}  # fmt: skip


@pytest.fixture(scope="module")
def sandbox(pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox bound to the exercise."""
    with pool.lease(Models(tmp_path_factory.mktemp("exercise")).version(SOURCE)) as lease:
        assert lease.failure is None, lease.failure
        yield lease.sandbox


def test_everything_in_the_exercise_is_asked_for() -> None:
    """No entry of the exercise is forgotten here."""
    (things,) = [
        node.value
        for node in ast.parse(SOURCE).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "THINGS"
    ]
    assert isinstance(things, ast.List)
    assert [ast.unparse(entry) for entry in things.elts] == list(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_inference_works_behind_the_wall(sandbox: Sandbox, name: str) -> None:
    """Operators, types, threads, images and scratch files under the whole hardening."""
    outcome = ask(sandbox, name, timeout_seconds=60)
    assert outcome.kind == "succeeded", (outcome.message, outcome.traceback, outcome.logs)
    assert json.loads(outcome.output) == EXPECTED[name]
