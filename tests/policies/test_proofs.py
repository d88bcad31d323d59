"""The hostile corpus is no paper tiger: without the policy its tricks work, in the sandbox where they would run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from policies.limits import GIB, Limits
from sandbox import hardening
from sandbox.contract import Bound, Call
from tests.policies import proofs
from tests.sandbox.real import Models

HERE = Path(__file__).parent
HOSTILE = sorted((HERE / "corpus" / "hostile").glob("*.py"))
KINDS = {proofs.PROCESS, proofs.FILE, proofs.MEMORY}
LIMITS = Limits(memory_bytes=GIB, cpus=2.0, timeout_seconds=20.0)


def second_line(path: Path) -> str:
    """Where a hostile file says whether it is proven."""
    return path.read_text(encoding="utf-8").splitlines()[1]


PROVEN = [path for path in HOSTILE if second_line(path).startswith("# proof: ")]


def test_every_hostile_file_is_proven_or_says_why_it_is_inert():
    """The second line of a hostile file holds its proof, or the reason why there is none."""
    for path in HOSTILE:
        line = second_line(path)
        assert line.startswith("# inert: ") or line.removeprefix("# proof: ") in KINDS, path.name
    assert len(PROVEN) >= 120


@pytest.fixture(scope="module")
def answers(driver, tmp_path_factory) -> Iterator[dict[str, Any]]:
    """What each file answered in one real sandbox that nobody kept it out of."""
    bundle = Models(tmp_path_factory.mktemp("proofs")).version(
        (HERE / "proofs.py").read_text(encoding="utf-8"), name="Prover", limits=LIMITS
    )
    sandbox = driver.start(LIMITS)
    try:
        bound = sandbox.bind(bundle)
        assert isinstance(bound, Bound), bound
        yield {outcome.call_id: outcome for outcome in sandbox.run([call(path) for path in PROVEN])}
    finally:
        sandbox.destroy()


def call(path: Path) -> Call:
    """One file, handed over as input."""
    proof = second_line(path).removeprefix("# proof: ")
    plain = {"name": path.name, "source": path.read_text(encoding="utf-8"), "proof": proof}
    return Call(path.stem, "json", json.dumps(plain).encode(), LIMITS.timeout_seconds)


@pytest.mark.parametrize("path", PROVEN, ids=lambda path: path.stem)
def test_the_trick_works_without_the_policy(path, answers):
    """Run unchecked, the file does what its second line says: it gets hold of the process, a file or memory."""
    outcome = answers[path.stem]
    assert outcome.kind == "succeeded", outcome
    answer = json.loads(outcome.output)
    assert answer["got"] == "stolen"
    assert answer["user"] == hardening.UID  # it did run inside
    assert answer["python"] == [3, 11]
