"""The engine the demo drives: brought up where it is not, with a tenant and a key of the demo's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cloche
from demo_parts.errors import DemoStopped

ROOT = Path(__file__).resolve().parents[3]
TENANT = "demo"
LOOPBACK = "127.0.0.0/8"


@dataclass(frozen=True, slots=True)
class Engine:
    """One installation on this machine, and the environment that every command of it gets."""

    url: str
    data: Path
    environment: dict[str, str]

    @classmethod
    def of_this_machine(cls) -> Engine:
        """The installation that ``CLOCHE_DATA``, ``CLOCHE_HOST`` and ``CLOCHE_PORT`` name."""
        data = Path(os.environ.get("CLOCHE_DATA") or ROOT / ".cloche").resolve()
        host = {"0.0.0.0": "127.0.0.1"}.get(os.environ.get("CLOCHE_HOST", ""), os.environ.get("CLOCHE_HOST"))
        url = f"http://{host or '127.0.0.1'}:{os.environ.get('CLOCHE_PORT') or '8000'}"
        # Webhooks never reach a private address unless the operator opens it; the listener is on loopback.
        allow = ",".join(filter(None, (os.environ.get("CLOCHE_WEBHOOK_ALLOW"), LOOPBACK)))
        environment = {**os.environ, "CLOCHE_DATA": str(data), "CLOCHE_WEBHOOK_ALLOW": allow}
        return cls(url=url, data=data, environment=environment)

    @property
    def folder(self) -> Path:
        """Where the demo keeps what a second run uses again."""
        folder = self.data / "demo"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def runs(self) -> bool:
        """True when any part of the installation is running."""
        ended = self._ops("status", quiet=True)
        return " running " in ended.stdout.decode()

    def up(self) -> None:
        """Start what is not running; returns when all is ready. The reason was printed when it fails."""
        if self._ops("up").returncode != 0:
            raise DemoStopped("The engine did not come up; the line above says why. Nothing of it was left running.")

    def down(self) -> None:
        """Stop all of it. The data stays."""
        self._ops("down")

    def key(self) -> str:
        """The demo's key: the one of the last run where it still works, else a new one."""
        kept = self.folder / "key"
        with suppress(FileNotFoundError, cloche.NotAuthenticated, cloche.ConfigurationError):
            known = kept.read_text().strip()
            with cloche.Client(self.url, known) as client:
                client.models()
            return known
        self._make_tenant()
        secret = str(self._admin("keys", "create", TENANT, "--name", "demo")["secret"])
        kept.touch(mode=0o600)
        kept.write_text(secret)
        return secret

    def _make_tenant(self) -> None:
        if TENANT not in {tenant["name"] for tenant in self._admin("tenants", "list")}:
            self._admin("tenants", "create", TENANT)

    def _admin(self, *arguments: str) -> Any:
        command = [str(Path(sys.executable).with_name("cloche-admin")), *arguments, "--json"]
        try:
            ended = subprocess.run(command, capture_output=True, check=False, env=self.environment, cwd=ROOT)
        except FileNotFoundError as exc:
            raise DemoStopped("cloche-admin is not installed here. Run `make setup`.") from exc
        if ended.returncode != 0:
            said = ended.stderr.decode(errors="replace").strip()
            raise DemoStopped(f"cloche-admin {' '.join(arguments)} failed: {said or 'it said nothing'}")
        return json.loads(ended.stdout)

    def _ops(self, verb: str, *, quiet: bool = False) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "ops.engine", verb]
        return subprocess.run(command, capture_output=quiet, check=False, env=self.environment, cwd=ROOT)
