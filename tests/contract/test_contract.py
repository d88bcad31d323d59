"""The OpenAPI document against a running API: what it promises, schemathesis can't break."""

from __future__ import annotations

import re
from pathlib import Path

from tests.contract.fuzz import ALONE, CHAINED, fuzzed, run

EXAMPLES, SEED = 5, 1


def test_no_request_breaks_the_contract(tmp_path: Path, redis_url: str) -> None:
    """Valid and invalid requests to every operation, alone and one after the other: never a 5xx, never an answer
    that is not described."""
    with fuzzed(tmp_path, redis_url) as (url, account):
        alone, chained = (
            run(url, account.key, tmp_path, phases=phases, examples=EXAMPLES, seed=SEED) for phases in (ALONE, CHAINED)
        )
    assert alone.returncode == 0, alone.stdout + alone.stderr
    assert chained.returncode == 0, chained.stdout + chained.stderr
    counts = re.search(r"Selected: (\d+)/(\d+)\s+Tested: (\d+)", alone.stdout)
    assert counts is not None and len(set(counts.groups())) == 1, alone.stdout
    assert "Traceback" not in (tmp_path / "api.log").read_text()
