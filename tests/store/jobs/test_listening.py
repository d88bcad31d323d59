"""Which steps of a job are handed over to the couriers: those that somebody asks for, in the step itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

import store.jobs.scripts
from policies.events import EVENT_BITS, mask_of
from store import generations
from store.deliveries import decode_due
from store.jobs.back import JobBack, Settlement
from store.jobs.front import JobFront
from store.jobs.records import Admission, Admitted

pytestmark = pytest.mark.anyio

Build = Callable[..., Admission]


def due(connection: redis.Redis) -> list[tuple[str, str]]:
    """What is handed over: subject and event."""
    found = [decode_due(entry) for entry in connection.lrange("webhooks:due", 0, -1)]
    return [(each.subject, each.event) for each in found if each is not None]


def token_of(connection: redis.Redis) -> str:
    return next(iter(connection.smembers("turns:ten_a"))).decode()


def test_the_scripts_count_events_as_the_rest_does() -> None:
    """The bits in Lua are those of policies.events."""
    text = (Path(store.jobs.scripts.__file__).parent / "lua" / "common.lua").read_text()
    table = re.search(r"local EVENTS = \{(.*?)\}", text)
    assert table is not None
    bits = {name: int(value) for name, value in re.findall(r"(\w+) = (\d+)", table[1])}
    named = {"job.started": "running", "batch.completed": "batch"}
    assert bits == {named.get(event, event.removeprefix("job.")): bit for event, bit in EVENT_BITS.items()}
    assert f"local EVERY_EVENT = {sum(EVENT_BITS.values())}\n" in text


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ((), []),
        (("job.succeeded",), ["job.succeeded"]),
        (("job.failed", "job.canceled", "job.expired", "batch.completed"), []),
        (("job.started",), ["job.started"]),
        (("*",), ["job.started", "job.succeeded"]),
    ],
)
async def test_only_what_is_asked_for_is_handed_over(
    front: JobFront,
    back: JobBack,
    connection: redis.Redis,
    admission: Build,
    asked: tuple[str, ...],
    told: list[str],
) -> None:
    """A succeeded job's steps are in the list exactly where an endpoint's filter has them."""
    a = admission(listening=mask_of(asked))
    await front.admit(a)
    token = token_of(connection)
    assert back.begin(token)
    [claim] = back.settle(token, "ver_a", [], want=1).claims
    back.settle(token, "ver_a", [Settlement(claim, "succeeded", output=b"1")], want=0)
    assert due(connection) == [(a.job_id, event) for event in told]


async def test_a_job_handed_to_a_lingering_worker_has_started(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """The admission that claims a job in the same step hands its start over, too."""
    await front.admit(admission())
    token = token_of(connection)
    assert back.begin(token)
    [claim] = back.settle(token, "ver_a", [], want=1).claims
    listener = connection.pubsub(ignore_subscribe_messages=True)
    listener.subscribe("wake:w1")
    while listener.get_message(timeout=1.0) is not None:
        pass
    back.settle(token, "ver_a", [Settlement(claim, "succeeded", output=b"1")], want=1, linger=True)
    a = admission(listening=mask_of(("job.started",)))
    assert isinstance(await front.admit(a), Admitted)
    assert connection.hget(f"job:{a.job_id}", "s") == b"running"
    assert due(connection) == [(a.job_id, "job.started")]


async def test_canceling_is_told(front: JobFront, connection: redis.Redis, admission: Build) -> None:
    """A job that is canceled while it is queued never started, and its end is handed over."""
    a = admission(listening=mask_of(("*",)))
    await front.admit(a)
    await front.cancel("ten_a", a.job_id)
    assert due(connection) == [(a.job_id, "job.canceled")]


@pytest.mark.parametrize(("before", "after"), [((), ("job.succeeded",)), (("job.succeeded",), ("job.succeeded",))])
async def test_an_endpoint_made_while_a_job_runs_hears_its_end(
    front: JobFront,
    back: JobBack,
    connection: redis.Redis,
    admission: Build,
    before: tuple[str, ...],
    after: tuple[str, ...],
) -> None:
    """From the change on the couriers look, whatever was asked for before; the next admission tells them exactly."""
    first = admission(listening=mask_of(before))
    await front.admit(first)
    token = token_of(connection)
    assert back.begin(token)
    [claim] = back.settle(token, "ver_a", [], want=1).claims
    generation = generations.bump(connection, "ten_a")
    second = admission(listening=mask_of(after), generation=generation)
    done = [Settlement(claim, "succeeded", output=b"1")]
    back.settle(token, "ver_a", done, want=0)
    assert due(connection) == [(first.job_id, "job.succeeded")]
    await front.admit(second)
    [claim] = back.settle(token, "ver_a", [], want=1).claims
    back.settle(token, "ver_a", [Settlement(claim, "failed", error_type="model_error")], want=0)
    assert due(connection) == [(first.job_id, "job.succeeded")]


async def test_of_a_line_nobody_is_told_but_its_batch(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Neither its start nor its end is handed over, whatever the endpoints ask for; other jobs' are, as before."""
    line, other = admission(listening=None), admission(listening=mask_of(("*",)))
    await front.admit(other)
    await front.admit(line)
    connection.hset(f"job:{line.job_id}", "bt", "bat_1")
    token = token_of(connection)
    assert back.begin(token)
    claims = back.settle(token, "ver_a", [], want=2).claims
    back.settle(token, "ver_a", [Settlement(claim, "succeeded", output=b"1") for claim in claims], want=0)
    assert due(connection) == [(other.job_id, "job.started"), (other.job_id, "job.succeeded")]


async def test_a_jobs_own_url_is_told_its_end_only(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Without endpoints a start is nobody's business; the end carries the URL, so that no record is needed for it."""
    a = admission(webhook="https://example.org/hook?a=b")
    await front.admit(a)
    token = token_of(connection)
    assert back.begin(token)
    [claim] = back.settle(token, "ver_a", [], want=1).claims
    assert due(connection) == []
    back.settle(token, "ver_a", [Settlement(claim, "failed", error_type="model_error")], want=0)
    [entry] = connection.lrange("webhooks:due", 0, -1)
    found = decode_due(entry)
    assert found is not None
    assert (found.subject, found.event, found.tenant_id, found.url) == (
        a.job_id,
        "job.failed",
        "ten_a",
        "https://example.org/hook?a=b",
    )


@pytest.mark.parametrize(
    "entry",
    [
        *(b"", b"job_1", b"{", b"[]", b"{}", b"job_1 flying ten_a 1 ", b"a b c d e f", b"\xff"),
        b'{"subject":1,"event":2,"tenant_id":3,"at_ms":"4","data":{}}',
        b'{"subject":"bat_1","event":"batch.completed","tenant_id":"t","at_ms":4,"data":7}',
    ],
)
def test_an_entry_that_is_none_of_ours_is_none(entry: bytes) -> None:
    """What can't be read is recognised, not guessed at."""
    assert decode_due(entry) is None
