"""Batches among what two tenants ask for while things break, and what must be true of each once it has ended."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from store.batches.records import line_job_id

if TYPE_CHECKING:
    from tests.faults.traffic import Tenant

LINES = 40  # of 20 ms each
LINES_CUT = 250  # of one that is canceled: mostly more than are run until then
ENDED = ("completed", "canceled")
COUNTED = ("succeeded", "failed", "canceled", "expired")


@dataclass
class Batch:
    """A promise of many answers: these inputs, in this order, each with one outcome."""

    tenant: Tenant
    batch_id: str
    values: list[str]
    canceled: bool = False  # its end was asked for
    ended: dict[str, Any] | None = None
    results: str = ""

    @classmethod
    def hand_in(cls, tenant: Tenant, name: str, *, count: int, webhook: str) -> Batch:
        """A batch of the tenant's slow model, asked for again under the same key until it is accepted."""
        values = [f"{name} {number}" for number in range(count)]
        body = "".join(json.dumps({"input": value, "id": f"line {value}"}) + "\n" for value in values)
        made = tenant.insist(
            "POST",
            f"/v1/models/{tenant.slow}/batches",
            params={"webhook": webhook},
            content=body,
            headers={"Idempotency-Key": name.replace(" ", "-")},
        )
        return cls(tenant, made.json()["id"], values)

    @property
    def path(self) -> str:
        """Where it is asked for."""
        return f"/v1/batches/{self.batch_id}"

    def cancel(self) -> None:
        """Ask for its end, which may have come: 409."""
        self.tenant.insist("POST", f"{self.path}/cancel", also=(409,))
        self.canceled = True

    def look(self) -> tuple[dict[str, Any], str]:
        """The batch as it stands, and its results so far."""
        batch: dict[str, Any] = self.tenant.insist("GET", self.path).json()
        return batch, self.tenant.insist("GET", f"{self.path}/results").text

    def job_ids(self) -> set[str]:
        """The jobs that its lines became, as far as they became any."""
        return {line_job_id(self.batch_id, index) for index in range(len(self.values))}

    def statuses(self) -> list[str]:
        """What became of each line."""
        return [json.loads(line)["status"] for line in self.results.splitlines()]

    def wrongs(self) -> list[str]:
        """What is wrong with it once it has ended, in words: a result for each input, in order, once, its own."""
        assert self.ended is not None
        found = []
        lines = [json.loads(line) for line in self.results.splitlines()]
        if [(line["index"], line["id"]) for line in lines] != [(n, f"line {v}") for n, v in enumerate(self.values)]:
            found.append(f"has {len(lines)} results of {len(self.values)} lines, or not in their order")
        for line, value in zip(lines, self.values, strict=False):
            right = {"succeeded": value} | ({"canceled": None} if self.canceled else {})
            if line["status"] not in right or line["output"] != right[line["status"]]:
                found.append(f"line {line['index']} ended as {line['status']} {line['output']!r} {line['error']}")
        counts = Counter(line["status"] for line in lines)
        if {name: self.ended[name] for name in COUNTED} != {name: counts[name] for name in COUNTED}:
            found.append(f"counts {self.ended}, and its results say {counts}")
        return found

    def billed(self, admitted: set[str]) -> Counter[str]:
        """What the ledger has of its lines: of those that were jobs."""
        total: Counter[str] = Counter()
        for index, (value, status) in enumerate(zip(self.values, self.statuses(), strict=True)):
            if line_job_id(self.batch_id, index) in admitted:
                size = len(json.dumps(value))
                total += Counter({status: 1, "input_bytes": size, "output_bytes": size * (status == "succeeded")})
        return total

    def told(self) -> str:
        """What its webhook says."""
        assert self.ended is not None
        return json.dumps([self.ended["status"], self.ended["total"], *(self.ended[name] for name in COUNTED)])
