"""Event streams of the real server over loopback: while a job lives, and when somebody goes away."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from starlette.testclient import TestClient

import cloche
from api.events import STREAMS_PER_TENANT
from api.main import Server, build_config
from api.settings import ApiSettings
from store.jobs.back import Claim, JobBack, Settlement
from tests.api.conftest import Account, Installation, store_settings, submit
from tests.api.serving import Served, eventually, serving
from tests.api.test_events import Heard, parse
from tests.conftest import RedisServer, free_port


class Listener:
    """One open stream, read event by event."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.last_id = ""
        self._lines = response.iter_lines()

    def next(self) -> Heard:
        """The next event; fails at the end of the stream."""
        block: list[str] = []
        for line in self._lines:
            block.append(line)
            if not line:
                heard = parse("\n".join(block) + "\n")
                if heard:
                    self.last_id = heard[0][0]
                    return heard[0]
                block = []
        raise AssertionError("the stream is over")

    def rest(self) -> list[Heard]:
        """Everything up to the end of the stream."""
        return parse("\n".join(self._lines) + "\n\n")


@contextmanager
def listening(served: Served, account: Account, job_id: str, **headers: str) -> Iterator[Listener]:
    """An open stream of this job."""
    url = f"{served.url}/v1/jobs/{job_id}/events"
    with httpx.Client(timeout=30) as client, client.stream("GET", url, headers=account.headers | headers) as response:
        assert response.status_code == 200, response.read()
        yield Listener(response)


class Worker:
    """A worker that is steered step by step."""

    def __init__(self, installation: Installation) -> None:
        self.back = JobBack(installation.redis, worker="tester")
        self.back.heartbeat()
        self._redis = installation.redis
        self._token = self._version = ""

    def claim(self) -> Claim:
        """Begin the turn that is on the books, if none has begun, and take one job."""
        if not self._token:
            eventually(lambda: self._redis.zcard("turns:issued"), "no turn was issued")
            self._token = cast("list[bytes]", self._redis.zrange("turns:issued", 0, -1))[0].decode()
            begun = self.back.begin(self._token)
            assert begun
            self._version = begun[0]
        return self.back.settle(self._token, self._version, (), want=1).claims[0]

    def settle(self, settlement: Settlement) -> None:
        """Write an outcome."""
        self.back.settle(self._token, self._version, [settlement], want=0)


@pytest.fixture
def worker(installation: Installation) -> Worker:
    return Worker(installation)


def _submit(served: Served, account: Account, value: Any = 1) -> str:
    answer = httpx.post(f"{served.url}/v1/models/echo/jobs", json={"input": value}, headers=account.headers)
    return cast("str", answer.json()["id"])


def _what(heard: Heard) -> tuple[str, Any, int]:
    return heard[1], heard[2].get("status") or heard[2].get("text"), heard[2]["attempt"]


def test_a_job_is_told_as_it_happens(served: Served, installation: Installation, acme: Account, worker: Worker) -> None:
    """Queued, running, every piece of printed text while it runs, an attempt that is taken back, and the end."""
    installation.ready(acme)
    job_id = _submit(served, acme)
    with listening(served, acme, job_id) as listener:
        assert _what(listener.next()) == ("status", "queued", 0)
        first = worker.claim()
        assert _what(listener.next()) == ("status", "running", 1)
        assert worker.back.printed(first, "half a li")
        assert _what(listener.next()) == ("log", "half a li", 1)
        worker.settle(Settlement(first, "retry", error_message="gone"))
        assert _what(listener.next()) == ("status", "queued", 1)
        assert not worker.back.printed(first, "from the grave")
        second = worker.claim()
        assert _what(listener.next()) == ("status", "running", 2)
        worker.back.printed(second, "again\n")
        assert _what(listener.next()) == ("log", "again\n", 2)
        worker.settle(Settlement(second, "succeeded", 0.1, output=b"[1]", logs="again\nand done\n"))
        end = listener.rest()
    assert [_what(heard) for heard in end[:2]] == [("log", "and done\n", 2), ("status", "succeeded", 2)]
    assert end[2][2]["output"] == [1]
    assert len(end) == 3


def test_whoever_comes_back_misses_nothing(
    served: Served, installation: Installation, acme: Account, worker: Worker
) -> None:
    """A connection that breaks costs no event: the next one begins after the last id that was heard."""
    installation.ready(acme)
    job_id = _submit(served, acme)
    claim = worker.claim()
    worker.back.printed(claim, "one")
    with listening(served, acme, job_id) as listener:
        assert [_what(listener.next())[1] for _ in range(2)] == ["running", "one"]
        last_id = listener.last_id
    worker.back.printed(claim, "two")
    with listening(served, acme, job_id, **{"Last-Event-ID": last_id}) as listener:
        heard = listener.next()
        assert _what(heard) == ("log", "two", 1)
        worker.settle(Settlement(claim, "succeeded", 0.1, output=b"1", logs="onetwo"))
        assert [name for _, name, _ in listener.rest()] == ["status", "result"]
    with listening(served, acme, job_id, **{"Last-Event-ID": heard[0]}) as listener:
        assert [name for _, name, _ in listener.rest()] == ["status", "result"]


def test_many_listen_to_one_job(
    served: Served, installation: Installation, acme: Account, worker: Worker, tmp_path: Path
) -> None:
    """Every listener hears everything, whichever API process it asked; one that leaves disturbs no other."""
    installation.ready(acme)
    job_id = _submit(served, acme)
    with serving(installation.settings, tmp_path / "second.log") as second, ExitStack() as stack:
        listeners = [stack.enter_context(listening(at, acme, job_id)) for at in (served, second) for _ in range(5)]
        assert {_what(listener.next())[1] for listener in listeners} == {"queued"}
        leaver = listeners.pop(0)
        leaver.response.close()
        claim = worker.claim()
        assert {_what(listener.next())[1] for listener in listeners} == {"running"}
        worker.back.printed(claim, "x")
        worker.settle(Settlement(claim, "succeeded", 0.1, output=b"1", logs="x"))
        assert {tuple(name for _, name, _ in listener.rest()) for listener in listeners} == {
            ("log", "status", "result")
        }


def test_a_listener_that_goes_away_leaves_nothing(
    served: Served, installation: Installation, acme: Account, worker: Worker
) -> None:
    """Its place is free, nothing is announced for it any more, and the job's record names no process."""
    installation.ready(acme)
    job_id = _submit(served, acme)
    with ExitStack() as stack:
        listeners = [stack.enter_context(listening(served, acme, job_id)) for _ in range(STREAMS_PER_TENANT)]
        assert {_what(listener.next())[1] for listener in listeners} == {"queued"}
        assert installation.redis.hget(f"job:{job_id}", "ls")
        url = f"{served.url}/v1/jobs/{job_id}/events"
        assert httpx.get(url, headers=acme.headers).json()["code"] == "too_many_streams"
    eventually(lambda: not installation.redis.hexists(f"job:{job_id}", "ls"), "it is still announced")
    for _ in range(3):
        with listening(served, acme, job_id) as listener:
            assert _what(listener.next())[1] == "queued"
    claim = worker.claim()
    worker.settle(Settlement(claim, "succeeded", 0.1, output=b"1"))
    assert installation.redis.hget(f"job:{job_id}", "s") == b"succeeded"


def test_a_lost_ring_costs_no_event(served: Served, installation: Installation, acme: Account, worker: Worker) -> None:
    """The API's ear is cut off just before something happens: it is heard all the same."""
    installation.ready(acme)
    job_id = _submit(served, acme)
    with listening(served, acme, job_id) as listener:
        assert _what(listener.next())[1] == "queued"
        claim = worker.claim()
        assert _what(listener.next())[1] == "running"
        assert installation.redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub") >= 1
        worker.back.printed(claim, "unheard?")
        assert _what(listener.next()) == ("log", "unheard?", 1)
        installation.redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        worker.settle(Settlement(claim, "succeeded", 0.2, output=b"1", logs="unheard?"))
        assert [name for _, name, _ in listener.rest()] == ["status", "result"]


def test_a_client_hears_everything_once_while_redis_is_restarted(own_redis: RedisServer, tmp_path: Path) -> None:
    """The stream breaks with the job store; the SDK comes back to it, and the story goes on where it was."""
    with ExitStack() as stack:
        installation = Installation(store_settings(tmp_path / "data", own_redis.url))
        stack.callback(installation.close)
        acme = installation.account("acme")
        installation.ready(acme)
        served = stack.enter_context(serving(installation.settings, tmp_path / "api.log"))
        client = stack.enter_context(cloche.Client(served.url, acme.key))
        job = client.submit("echo", 1)
        worker = Worker(installation)
        claim = worker.claim()
        worker.back.printed(claim, "before ")
        events = job.events()
        heard = [next(events), next(events)]
        own_redis.kill()
        own_redis.start()
        worker.back.printed(claim, "after")
        worker.settle(Settlement(claim, "succeeded", 0.2, output=b"1", logs="before after"))
        heard += events
        assert [event.data.get("text") or event.data["status"] for event in heard] == [
            *("running", "before ", "after", "succeeded", "succeeded")
        ]
        assert job.result() == 1


def test_open_streams_are_counted(served: Served, installation: Installation, acme: Account) -> None:
    """The operator sees how many there are, and never whose."""
    installation.ready(acme)
    with listening(served, acme, _submit(served, acme)) as listener:
        listener.next()
        assert "cloche_event_streams 1.0" in httpx.get(f"{served.url}/metrics").text
    eventually(lambda: "cloche_event_streams 0.0" in httpx.get(f"{served.url}/metrics").text, "it is counted on")


@contextmanager
def _inside(installation: Installation) -> Iterator[Server]:
    """A server in this very process, to be looked into."""
    server = Server(build_config(ApiSettings(port=free_port()), installation.settings))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        eventually(lambda: server.started, "the server never started")
        yield server
    finally:
        server.should_exit = True
        thread.join(30)
    assert not thread.is_alive()


@pytest.mark.parametrize("what", ["SEND_SECONDS", "END_SECONDS"])
def test_a_client_that_takes_nothing_is_given_up(
    what: str, installation: Installation, acme: Account, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its place is free after a while, though its connection is open and it never said that it left."""
    monkeypatch.setattr(f"api.events.{what}", 0.5)
    large = "x" * 20_000_000
    end = {"logs": large} if what == "SEND_SECONDS" else {"output": f'"{large}"'.encode()}
    installation.ready(acme)
    with _inside(installation) as server:
        parts = server.config.app.state.parts  # type: ignore[union-attr]  # always our FastAPI
        port = server.config.port
        url = f"http://127.0.0.1:{port}/v1/models/echo/jobs"
        job_id = httpx.post(url, json={"input": 1}, headers=acme.headers).json()["id"]
        with socket.create_connection(("127.0.0.1", port)) as connection:
            head = f"GET /v1/jobs/{job_id}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {acme.key}\r\n\r\n"
            connection.sendall(head.encode())
            eventually(lambda: parts.streaming, "the stream was never opened")
            worker.settle(Settlement(worker.claim(), "succeeded", 0.2, **{"output": b"1", **end}))
            eventually(lambda: not parts.streaming, "its place is still taken")
            assert len(parts.jobs.following) == 0
            assert connection.recv(9) == b"HTTP/1.1 "


def test_a_stopping_server_ends_its_streams(served: Served, installation: Installation, acme: Account) -> None:
    """SIGTERM ends open streams in good order, so that clients come back to another process."""
    installation.ready(acme)
    with listening(served, acme, _submit(served, acme)) as listener:
        listener.next()
        served.process.send_signal(signal.SIGTERM)
        assert listener.rest() == []
    assert served.process.wait(timeout=30) == 0
    assert "without completing" not in served.log.read_text()


def _gone(served: Served, route: str) -> bool:
    return f'route="{route}",status="499"' in httpx.get(f"{served.url}/metrics").text


def test_whoever_waits_and_goes_away_is_waited_for_no_longer(
    served: Served, installation: Installation, acme: Account
) -> None:
    """Prefer: wait ends with its connection, at the submission and at a look; the job goes on."""
    installation.ready(acme)
    headers = {**acme.headers, "Prefer": "wait=60"}
    with httpx.Client(base_url=served.url, headers=headers, timeout=2) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.post("/v1/models/echo/jobs", json={"input": 1})
        (job,) = client.get("/v1/jobs", headers=acme.headers).json()["jobs"]
        with pytest.raises(httpx.ReadTimeout):
            client.get(f"/v1/jobs/{job['id']}")
    for route in ("/v1/models/{name}/jobs", "/v1/jobs/{id}"):
        eventually(lambda route=route: _gone(served, route), "it is still waited for")  # type: ignore[misc]
    installation.echo()
    assert httpx.get(f"{served.url}/v1/jobs/{job['id']}", headers=acme.headers).json()["status"] == "succeeded"
    assert "without completing" not in served.log.read_text()


def test_silence_is_filled_and_a_revoked_key_hears_no_more(
    api: TestClient, installation: Installation, acme: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Comments keep the connection open while nothing happens; a key that is revoked ends its streams."""
    monkeypatch.setattr("api.events.HEARTBEAT_SECONDS", 0.05)
    installation.ready(acme)
    job_id = submit(api, acme).json()["id"]
    key = installation.catalog.keys.list(acme.tenant.id)[0]

    def revoke() -> None:
        installation.catalog.keys.revoke(key.id)
        installation.changed(acme)

    timer = threading.Timer(0.5, revoke)
    timer.start()
    answer = api.get(f"/v1/jobs/{job_id}/events", headers=acme.headers)
    timer.join()
    assert ": alive\n\n" in answer.text
    assert [_what(heard) for heard in parse(answer.text)] == [("status", "queued", 0)]
