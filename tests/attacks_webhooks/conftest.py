"""A certificate authority of the tests' own, and a sender that trusts it."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from store.destinations.addresses import Allow
from store.destinations.guard import Resolve
from worker.webhooks.attempt import Attempt
from worker.webhooks.sender import Sender

Send = Callable[..., Attempt]


class Authority:
    """Makes certificates that a client trusts exactly when it trusts this authority."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._certificate, self._key = folder / "ca.pem", folder / "ca.key"
        self._openssl("req", "-x509", *self._new_key(self._key), "-subj", "/CN=tests", "-days", "2",
                      "-addext", "basicConstraints=critical,CA:TRUE", "-out", str(self._certificate))  # fmt: skip

    def server(self, names: str) -> ssl.SSLContext:
        """A server's context; ``names`` as in ``DNS:hooks.example,IP:127.0.0.1``."""
        key, request, certificate, extra = (self._folder / f"server.{kind}" for kind in ("key", "csr", "pem", "ext"))
        extra.write_text(f"subjectAltName={names}\n")
        self._openssl("req", *self._new_key(key), "-subj", "/CN=server", "-out", str(request))
        self._openssl("x509", "-req", "-in", str(request), "-CA", str(self._certificate), "-CAkey", str(self._key),
                      "-CAcreateserial", "-days", "2", "-extfile", str(extra), "-out", str(certificate))  # fmt: skip
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context

    def client(self) -> ssl.SSLContext:
        """A client's context that trusts this authority alone."""
        return ssl.create_default_context(cafile=str(self._certificate))

    @staticmethod
    def _new_key(path: Path) -> list[str]:
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(path)]

    @staticmethod
    def _openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def send(authority: Authority) -> Send:
    """Send a small body to a URL, with the given allowlist and name server."""

    def send_to(url: str, *, allow: str = "", resolve: Resolve | None = None, timeout_seconds: float = 15.0) -> Attempt:
        sender = Sender(
            allow=Allow.parse(allow),
            resolve=resolve or NameServer({}),
            tls=authority.client(),
            timeout_seconds=timeout_seconds,
        )
        return asyncio.run(sender.send(url, body=b'{"type":"job.succeeded"}', headers={"webhook-id": "dlv_1"}))

    return send_to


class NameServer:
    """Answers each name with its addresses; a list of lists gives a new answer each time it is asked."""

    def __init__(self, names: dict[str, list[list[str]]]) -> None:
        self._names = {name: list(answers) for name, answers in names.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        answers = self._names.get(host)
        if not answers:
            raise OSError(-2, "Name or service not known")
        return answers.pop(0) if len(answers) > 1 else answers[0]


@pytest.fixture
def name_server() -> type[NameServer]:
    return NameServer
