"""A running API with something in it, and schemathesis let loose on its whole OpenAPI document.

python -m tests.contract.fuzz --examples 300 --seed 7
"""

from __future__ import annotations

import argparse
import contextlib
import json
import secrets
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from store.jobs.back import DEAD_AFTER_SECONDS, JobBack
from tests.api.conftest import Account, Installation, store_settings
from tests.api.serving import serving
from tests.conftest import RedisServer

ALONE = "examples,coverage,fuzzing"  # each operation by itself, on what stands there
CHAINED = "stateful"  # operations one after the other, on what they made themselves
# What a document can't say in a schema is told with these, each described: a cursor that no answer gave, a range
# beyond the output, a body beyond the limit, an archive of weights that is none, a name that resolves to nothing.
TOLD = [400, 413, 415, 416, 422]


class Answering:
    """A worker that lives, and answers every job with its input, for as long as the block lasts."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._back = JobBack(installation.redis, worker="tester")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="answering")

    def __enter__(self) -> Answering:
        self._back.heartbeat()
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._ended.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._ended.wait(min(0.02, DEAD_AFTER_SECONDS / 2)):
            self._installation.echo()
            self._back.reap()


@contextlib.contextmanager
def fuzzed(folder: Path, redis_url: str) -> Iterator[tuple[str, Account]]:
    """The API's URL and a tenant. Schemathesis's settings are in the folder: names and ids that lead somewhere."""
    installation = Installation(store_settings(folder / "data", redis_url))
    account = installation.account("acme")
    installation.ready(account, "echo")
    try:
        with Answering(installation), serving(installation.settings, folder / "api.log") as served:
            with httpx.Client(base_url=served.url, headers=account.headers, timeout=30) as client:
                for phases, places in ((ALONE, _places(client)), (CHAINED, {})):
                    (folder / f"{phases}.toml").write_text(_settings(places))
            yield served.url, account
    finally:
        installation.close()


def run(url: str, key: str, folder: Path, *, phases: str, examples: int, seed: int) -> subprocess.CompletedProcess[str]:
    """Let it loose; 0 when nothing broke the contract."""
    program = str(Path(sys.executable).with_name("schemathesis"))
    command = [
        program,
        "--config-file",
        str(folder / f"{phases}.toml"),
        "run",
        f"{url}/openapi.json",
        "--phases",
        phases,
    ]
    command += ["--max-examples", str(examples), "--seed", str(seed), "--header", f"Authorization: Bearer {key}"]
    command += ["--request-timeout", "60", "--continue-on-failure", "--no-shrink", "--warnings", "off"]
    # Elsewhere than here: it leaves a folder where it runs.
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def _places(client: httpx.Client) -> dict[str, dict[str, Any]]:
    """By address: what stands there for real. Deleting ones are left out, so that it goes on to stand there."""
    job = client.post("/v1/models/echo/jobs", json={"input": 1}, headers={"Prefer": "wait=20"}).json()
    webhook = client.post("/v1/webhooks", json={"url": "https://93.184.215.14/hooks"}).json()
    token = client.post("/v1/models/echo/tokens", json={"name": "shop"}).json()
    lines = {"content": b'{"input": 1}\n', "headers": {"Content-Type": "application/jsonl"}}
    batch = client.post("/v1/models/echo/batches", **lines).json()  # type: ignore[arg-type]  # httpx's words
    ids = {
        part: made.get("id")
        for part, made in (("/v1/jobs/", job), ("/v1/webhooks/", webhook), ("/v1/batches/", batch), ("/tokens/", token))
    }
    document = client.get("/openapi.json").json()
    places: dict[str, dict[str, Any]] = {}
    for path, methods in document["paths"].items():
        found = {"path.name": "echo"} if "{name}" in path else {}
        if "{id}" in path:
            found["path.id"] = next((each for part, each in ids.items() if part in path and each), "none")
        for method, operation in methods.items():
            if found and method != "delete":
                places[operation["operationId"]] = found
    return places


def _settings(places: dict[str, dict[str, Any]]) -> str:
    told = json.dumps(["2xx", "3xx", "401", "403", "404", "409", "429", *map(str, TOLD)])
    refused = json.dumps(["401", "403", "404", "405", "406", "409", "428", "429", *map(str, TOLD)])
    lines = [
        f"hooks = {json.dumps(str(Path(__file__).with_name('serializers.py')))}",
        f"[checks]\npositive_data_acceptance.expected-statuses = {told}",
        f"negative_data_rejection.expected-statuses = {refused}",
    ]
    for operation_id, found in places.items():
        values = ", ".join(f"{json.dumps(name)} = {json.dumps(value)}" for name, value in found.items())
        lines.append(f"[[operations]]\ninclude-operation-id = {json.dumps(operation_id)}\nparameters = {{ {values} }}")
    return "\n\n".join(lines) + "\n"


def main() -> int:
    """A deep run; schemathesis's own exit status, the worse one."""
    parser = argparse.ArgumentParser(prog="python -m tests.contract.fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--examples", type=int, default=200, help="of each operation and phase, at most")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="the same requests again")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cl-") as name:
        folder = Path(name)
        (folder / "redis").mkdir()
        server = RedisServer(folder / "redis")
        server.start()
        worst = 0
        try:
            with fuzzed(folder, server.url) as (url, account):
                for phases in (ALONE, CHAINED):
                    done = run(url, account.key, folder, phases=phases, examples=chosen.examples, seed=chosen.seed)
                    print(done.stdout + done.stderr)
                    worst = max(worst, done.returncode)
        finally:
            server.kill()
        print((folder / "api.log").read_text()[-4000:])
    return worst


if __name__ == "__main__":
    sys.exit(main())
