"""The real server over loopback: what only shows on a wire."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx

from tests.api.conftest import SOURCE, Account, Installation, store_settings, weights
from tests.api.serving import Served, eventually

ROOT = Path(__file__).parents[2]


def _head(account: Account, path: str, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {account.key}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def _answer(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one answer, read until its announced end."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        assert piece, data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    while len(body) < int(headers["content-length"]):
        body += connection.recv(65536)
    return int(lines[0].split()[1]), headers, body


MULTIPART = "Content-Type: multipart/form-data; boundary=b"


def _first_part(name: str, filename: str = "f") -> bytes:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n\r\n'.encode()


def test_too_large_an_upload_is_refused_before_its_body(
    served: Served, installation: Installation, acme: Account
) -> None:
    """Content-Length alone is enough: the answer comes though not one byte of the body was sent."""
    installation.quotas(acme, upload_bytes=1_000_000)
    with served.connect() as connection:
        connection.sendall(_head(acme, "/v1/models", MULTIPART, "Content-Length: 1000000000000"))
        status, headers, body = _answer(connection)
    assert (status, json.loads(body)["code"]) == (413, "upload_too_large")
    assert headers["connection"] == "close"
    assert installation.leftovers() == []


def test_an_endless_upload_is_cut_off(served: Served, installation: Installation, acme: Account) -> None:
    """Without a Content-Length the bytes are counted as they come, and the connection is closed soon after."""
    installation.quotas(acme, upload_bytes=1_000_000)
    sent = 0
    with served.connect() as connection:
        connection.sendall(_head(acme, "/v1/models", MULTIPART, "Transfer-Encoding: chunked"))
        chunk = b"10000\r\n" + b"\0" * 65536 + b"\r\n"
        begin = _first_part("weights") + weights(a=9)[:80].ljust(65536 - len(_first_part("weights")), b"\0")
        connection.sendall(b"10000\r\n" + begin + b"\r\n")
        try:
            while sent < 200_000_000:
                connection.sendall(chunk)
                sent += len(chunk)
        except (BrokenPipeError, ConnectionResetError):
            pass
        status, _, body = _answer(connection)
    assert (status, json.loads(body)["code"]) == (413, "upload_too_large")
    assert sent < 100_000_000
    assert installation.leftovers() == []


def test_a_client_that_only_listens_at_the_end_hears_the_answer(
    served: Served, installation: Installation, acme: Account
) -> None:
    """A plain HTTP client that sends its whole body first gets the 413, not a broken connection."""
    installation.quotas(acme, upload_bytes=1_000_000)
    files = {"name": (None, b"echo"), "source": ("m.py", SOURCE), "weights": ("w", weights(a=1_000_000))}
    response = httpx.post(f"{served.url}/v1/models", files=files, headers=acme.headers)
    assert (response.status_code, response.json()["code"]) == (413, "upload_too_large")


def test_a_stranger_cant_make_the_server_read(served: Served) -> None:
    """Without a key, the answer comes before the body, and the connection ends."""
    stranger = Account(None, "cloche_" + "x" * 43)  # type: ignore[arg-type]
    with served.connect() as connection:
        connection.sendall(_head(stranger, "/v1/models", MULTIPART, "Content-Length: 1000000000000"))
        status, headers, _ = _answer(connection)
        assert (status, headers["connection"]) == (401, "close")
        connection.settimeout(20)
        assert connection.recv(1) == b""


def test_expect_continue_is_answered_without_the_body(
    served: Served, installation: Installation, acme: Account
) -> None:
    """curl asks before it sends a large body: it is told no, and never 100 Continue."""
    installation.ready(acme)
    with served.connect() as connection:
        extra = ("Content-Length: 99999999", "Expect: 100-continue", "Content-Type: image/png")
        connection.sendall(_head(acme, "/v1/models/echo/jobs", *extra))
        status, _, body = _answer(connection)
    assert (status, json.loads(body)["code"]) == (413, "input_too_large")


def test_a_pickle_is_refused_by_its_first_bytes(served: Served, installation: Installation, acme: Account) -> None:
    """Nobody has to upload gigabytes to hear that pickles aren't taken."""
    with served.connect() as connection:
        connection.sendall(_head(acme, "/v1/models", MULTIPART, "Content-Length: 1000000000"))
        connection.sendall(_first_part("weights") + b"PK\x03\x04" + bytes(100))
        status, _, body = _answer(connection)
    assert (status, json.loads(body)["code"]) == (422, "pickle_refused")
    assert installation.leftovers() == []


def test_a_client_that_goes_away_leaves_nothing(served: Served, installation: Installation, acme: Account) -> None:
    """A connection that breaks in the middle of an upload leaves no temporary file and no version."""
    with served.connect() as connection:
        connection.sendall(_head(acme, "/v1/models", MULTIPART, "Content-Length: 100000000"))
        connection.sendall(_first_part("weights") + weights(a=750_000))
        eventually(lambda: any(f.stat().st_size for f in installation.leftovers()), "the upload never began")
    eventually(lambda: not installation.leftovers(), "the temporary file was left behind")
    assert httpx.get(f"{served.url}/v1/models", headers=acme.headers).json() == {"models": []}


def test_weights_are_never_in_memory(served: Served, installation: Installation, acme: Account) -> None:
    """An upload of 600 MB makes the process grow by a few megabytes."""
    size = 600_000_000
    header = json.dumps({"a": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    head = len(header).to_bytes(8, "little") + header
    before = _peak_bytes(served.process.pid)
    parts = _first_part("name") + b"big\r\n" + _first_part("source", "m.py") + SOURCE + b"\r\n"
    parts += _first_part("weights") + head
    end = b"\r\n--b--\r\n"
    with served.connect() as connection:
        length = len(parts) + size + len(end)
        connection.sendall(_head(acme, "/v1/models", MULTIPART, f"Content-Length: {length}") + parts)
        block = bytes(1_000_000)
        for _ in range(size // len(block)):
            connection.sendall(block)
        connection.sendall(end)
        connection.settimeout(120)
        status, _, body = _answer(connection)
    assert status == 201, body
    assert json.loads(body)["weights_bytes"] == len(head) + size
    assert _peak_bytes(served.process.pid) - before < 64_000_000


def _peak_bytes(pid: int) -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) * 1024


def test_other_requests_are_served_during_an_upload(served: Served, acme: Account) -> None:
    """An upload that is under way holds up nobody."""
    with served.connect() as connection:
        connection.sendall(_head(acme, "/v1/models", MULTIPART, "Content-Length: 100000000"))
        connection.sendall(_first_part("weights") + weights(a=750_000))
        for _ in range(20):
            assert httpx.get(f"{served.url}/v1/models", headers=acme.headers).status_code == 200


def test_a_stopping_server_answers_those_who_wait(served: Served, installation: Installation, acme: Account) -> None:
    """SIGTERM ends a long Prefer: wait with 202 and the job as it stands; the process exits cleanly."""
    installation.ready(acme)
    answers: list[httpx.Response] = []

    def ask() -> None:
        url = f"{served.url}/v1/models/echo/jobs"
        headers = {**acme.headers, "Prefer": "wait=60"}
        answers.append(httpx.post(url, json={"input": 1}, headers=headers, timeout=90))

    asking = threading.Thread(target=ask)
    asking.start()
    eventually(lambda: installation.redis.keys("pending:*"), "the job was never accepted")
    served.process.send_signal(signal.SIGTERM)
    asking.join(timeout=30)
    assert [(a.status_code, a.json()["status"]) for a in answers] == [(202, "queued")]
    assert served.process.wait(timeout=30) == 0


def test_a_port_in_use_is_said_plainly(served: Served, tmp_path: Path, redis_url: str) -> None:
    """A second API on the same port exits with an error instead of hanging."""
    settings = store_settings(tmp_path / "second", redis_url)
    environment = {**os.environ, "CLOCHE_DATA": str(settings.data), "CLOCHE_PORT": str(served.port)}
    second = subprocess.run(
        [sys.executable, "-m", "api.main"], cwd=ROOT, env=environment, capture_output=True, timeout=60
    )
    assert second.returncode != 0
    assert b"address already in use" in second.stderr


def test_no_secret_reaches_the_log(served: Served, installation: Installation, acme: Account) -> None:
    """Keys, inputs, sources and names of models stay out of the log, also when requests fail."""
    installation.ready(acme, "privatename")
    with httpx.Client(base_url=served.url, headers=acme.headers) as client:
        client.post("/v1/models/privatename/jobs", json={"input": "privateinput"})
        client.post(
            "/v1/models/privatename/jobs", content=b"{privateinput", headers={"Content-Type": "application/json"}
        )
        client.post("/v1/check", content=b"privatesource = 1")
        client.get("/v1/webhooks/secret")
        client.post("/v1/webhooks/secret/rotate")
    log = served.log.read_text()
    assert acme.key not in log
    assert "private" not in log
    assert "whsec_" not in log
