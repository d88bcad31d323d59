"""One job from admission to its one end, on real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
import redis

from store.errors import RedisUnavailable
from store.jobs.back import JobBack, Settlement
from store.jobs.front import JobFront
from store.jobs.reader import read
from store.jobs.records import Admission, Admitted, Refused, Replayed
from store.jobs.turns import TURNS_QUEUE_KEY
from tests.store.jobs.steps import claim_one, issued_token

pytestmark = pytest.mark.anyio
Build = Callable[..., Admission]


async def test_an_admitted_job_is_claimed_run_and_read(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """queued -> running -> succeeded, with the output, and nothing of the input left behind."""
    a = admission(payload=b'{"x": 1}')
    assert isinstance(await front.admit(a), Admitted)
    record = await front.get("ten_a", a.job_id)
    assert record is not None and record.state == "queued"
    token, claim = await claim_one(connection, back)
    assert (claim.job_id, claim.payload, claim.kind, claim.timeout_seconds) == (a.job_id, b'{"x": 1}', "json", 30.0)
    record = await front.get("ten_a", a.job_id)
    assert record is not None and record.state == "running" and record.attempts == 1
    back.settle(token, "ver_a", [Settlement(claim, "succeeded", 0.25, output=b"[2]", logs="hi")], want=1)
    record = await front.get("ten_a", a.job_id)
    assert record is not None
    assert (record.state, record.output, record.logs, record.predict_seconds) == ("succeeded", b"[2]", "hi", 0.25)
    assert not connection.exists(f"in:{a.job_id}")
    assert connection.ttl(f"job:{a.job_id}") > 0
    assert connection.ttl(f"out:{a.job_id}") > 0
    assert read(connection, a.job_id) == record


async def test_a_waiter_is_told_the_end(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """wait() gives the finished record, bytes intact, as soon as the job ends."""
    a = admission()
    await front.admit(a, wait=True)
    waiting = asyncio.create_task(front.wait("ten_a", a.job_id, 10))
    token, claim = await claim_one(connection, back)
    output = bytes(range(256))
    back.settle(token, "ver_a", [Settlement(claim, "succeeded", 0.1, "bytes", output)], want=0)
    record = await asyncio.wait_for(waiting, 5)
    assert record is not None and record.output == output and record.output_kind == "bytes"


async def test_a_large_output_reaches_the_waiter(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """An output too large to be announced is read when its end is."""
    a = admission()
    await front.admit(a, wait=True)
    waiting = asyncio.create_task(front.wait("ten_a", a.job_id, 10))
    token, claim = await claim_one(connection, back)
    output = b"x" * 200_000
    back.settle(token, "ver_a", [Settlement(claim, "succeeded", 0.1, "bytes", output)], want=0)
    record = await asyncio.wait_for(waiting, 5)
    assert record is not None and record.output == output


async def test_waiting_in_vain_gives_the_job_as_it_stands(front: JobFront, admission: Build) -> None:
    """After its time wait() returns the queued record; an unknown job is None at once."""
    a = admission()
    await front.admit(a)
    record = await front.wait("ten_a", a.job_id, 0.05)
    assert record is not None and record.state == "queued"
    assert await front.wait("ten_a", "job_unknown", 5) is None
    assert await front.wait("ten_b", a.job_id, 5) is None


async def test_another_tenants_job_is_unknown(front: JobFront, admission: Build) -> None:
    """Reading, canceling and listing see the tenant's own jobs only."""
    a = admission()
    await front.admit(a)
    assert await front.get("ten_b", a.job_id) is None
    assert await front.cancel("ten_b", a.job_id) is None
    assert (await front.page("ten_b", limit=10)).jobs == ()
    record = await front.get("ten_a", a.job_id)
    assert record is not None and record.state == "queued"


async def test_a_late_worker_can_not_overwrite(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Under a fence that is not the job's any more, an outcome is refused; the first end stands."""
    a = admission()
    await front.admit(a)
    token, claim = await claim_one(connection, back)
    late = Settlement(replace(claim, fence=b"999"), "succeeded", output=b"wrong")
    back.settle(token, "ver_a", [late], want=0, empty_handed=False)
    record = await front.get("ten_a", a.job_id)
    assert record is not None and record.state == "running"
    back.settle(token, "ver_a", [Settlement(claim, "failed", error_type="model_error", error_message="m")], want=0)
    back.settle(token, "ver_a", [Settlement(claim, "succeeded", output=b"late")], want=0)
    record = await front.get("ten_a", a.job_id)
    assert record is not None and (record.state, record.error_type, record.output) == ("failed", "model_error", None)


async def test_canceling_in_every_state(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Queued and running jobs are canceled at once; an ended one stays as it is."""
    queued, running = admission(), admission()
    await front.admit(running)
    await front.admit(queued)
    listener = connection.pubsub(ignore_subscribe_messages=True)
    listener.subscribe("cancel:w1")
    listener.get_message(timeout=1)
    token, claim = await claim_one(connection, back)
    for a in (queued, running):
        record = await front.cancel("ten_a", a.job_id)
        assert record is not None and record.state == "canceled"
    heard = [m for m in (listener.get_message(timeout=1) for _ in range(3)) if m]
    assert [m["data"].decode() for m in heard] == [running.job_id]
    settled = back.settle(token, "ver_a", [Settlement(claim, "succeeded", output=b"late")], want=5)
    assert settled.claims == ()
    record = await front.get("ten_a", running.job_id)
    assert record is not None and record.state == "canceled" and record.output is None
    assert connection.hmget("load:ten_a", "queued", "running", "conc") == [b"0", b"0", b"1"]
    listener.close()


async def test_a_deadline_in_the_queue_expires_the_job(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """A job whose deadline passed is never run: claiming skips it, reaping ends it."""
    first, second = admission(deadline_seconds=0.01), admission(deadline_seconds=0.01)
    await front.admit(first)
    token = await issued_token(connection)
    await asyncio.sleep(0.03)
    back.begin(token)
    assert back.settle(token, "ver_a", [], want=5).claims == ()
    await front.admit(second)
    await asyncio.sleep(0.03)
    assert back.reap().expired == 1
    for a in (first, second):
        record = await front.get("ten_a", a.job_id)
        assert record is not None and record.state == "expired" and record.attempts == 0


async def test_a_dead_workers_job_is_run_by_another(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """A worker that stops beating loses its claims and its turn; a third death ends the job as platform."""
    a = admission()
    await front.admit(a)
    for attempt in (1, 2, 3):
        await claim_one(connection, back)
        connection.zadd("workers", {"w1": 0})
        assert JobBack(connection, worker="w2").reap().taken_back == 1
        record = await front.get("ten_a", a.job_id)
        assert record is not None
        assert record.state == ("failed" if attempt == 3 else "queued")
    assert record.error_type == "platform"
    assert not back.heartbeat().known


async def test_what_a_dead_worker_served_is_served_next(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Its version is before the others of its tenant, although those wait for longer; and before all other turns."""
    await front.admit(admission())
    token = await issued_token(connection)
    assert back.begin(token) == ("ver_a", "ten_a")
    await front.admit(admission(version_id="ver_b"))
    await front.admit(admission(tenant_id="ten_b", version_id="ver_c"))
    await asyncio.sleep(0)
    await front._in_thread(lambda _queue, _nothing: None, None)  # what was issued has reached RQ
    assert len(back.settle(token, "ver_a", [], want=1).claims) == 1
    connection.zadd("workers", {"w1": 0})
    assert JobBack(connection, worker="w2").reap().taken_back == 1
    (first, *_) = connection.lrange(TURNS_QUEUE_KEY, 0, -1)  # type: ignore[misc]
    assert back.begin(first.decode()) == ("ver_a", "ten_a")


async def test_a_lost_turn_is_issued_again(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """RQ may lose a turn: the books still know it, and the reaper hands it out again; doubled, it is one."""
    await front.admit(admission())
    token = await issued_token(connection)
    connection.delete(TURNS_QUEUE_KEY)
    connection.zadd("turns:issued", {token: 0})
    assert back.reap().reissued == 1
    assert connection.llen(TURNS_QUEUE_KEY) == 1
    assert back.begin(token) is not None
    assert JobBack(connection, worker="w2").begin(token) is None


async def test_turns_stay_within_the_concurrency(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """A tenant at its concurrency waits; when a turn ends, the version that waited longest is next."""
    for version in ("ver_a", "ver_b", "ver_c"):
        for _ in range(2):
            await front.admit(admission(version_id=version))
    token = await issued_token(connection)
    assert connection.scard("turns:ten_a") == 1
    order = []
    for _ in range(4):
        begun = back.begin(token)
        assert begun is not None
        order.append(begun[0])
        claims = back.settle(token, begun[0], [], want=1).claims
        done = [Settlement(c, "succeeded", output=b"1") for c in claims]
        assert back.settle(token, begun[0], done, want=0).others_waiting > 0
        back.end(token)
        token = connection.zrange("turns:issued", 0, -1)[-1].decode()  # type: ignore[index,union-attr]
        assert connection.scard("turns:ten_a") == 1
    assert order == ["ver_a", "ver_b", "ver_c", "ver_a"]


async def test_admission_is_refused_for_each_reason(front: JobFront, connection: redis.Redis, admission: Build) -> None:
    """Stale generation, depth, rate and a reused idempotency key, each told apart, storing nothing."""
    assert await front.admit(admission(generation=7)) == Refused(why="stale")
    assert isinstance(await front.admit(admission(queued_limit=1)), Admitted)
    full = await front.admit(admission(queued_limit=1))
    assert isinstance(full, Refused) and full.why == "queue_full"
    slow = {"tenant_id": "ten_r", "requests_per_minute": 1}
    assert isinstance(await front.admit(admission(**slow)), Admitted)
    rate = await front.admit(admission(**slow))
    assert isinstance(rate, Refused) and rate.why == "rate" and 50e6 < rate.found <= 60e6
    keyed = admission(tenant_id="ten_i", idempotency_key="k", fingerprint="f")
    assert isinstance(await front.admit(keyed), Admitted)
    again = admission(tenant_id="ten_i", idempotency_key="k", fingerprint="f")
    replayed = await front.admit(again)
    assert isinstance(replayed, Replayed) and replayed.job_id == keyed.job_id
    other = admission(tenant_id="ten_i", idempotency_key="k", fingerprint="g")
    assert await front.admit(other) == Refused(why="idempotency_mismatch")
    assert len(list(connection.scan_iter("job:*"))) == 3


async def test_pages_are_newest_first_and_filtered(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Following the cursor shows every job once; filters by model and state hold across pages."""
    made = []
    for n in range(25):
        a = admission(model="even" if n % 2 == 0 else "odd")
        await front.admit(a)
        made.append(a)
        await asyncio.sleep(0.002)
    seen: list[str] = []
    cursor = None
    while True:
        page = await front.page("ten_a", limit=10, cursor=cursor)
        seen += [r.id for r in page.jobs]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [a.job_id for a in reversed(made)]
    page = await front.page("ten_a", limit=5, model="odd")
    assert [r.model for r in page.jobs] == ["odd"] * 5 and page.next_cursor
    assert (await front.page("ten_a", limit=5, state="running")).jobs == ()


async def test_a_webhook_is_due_when_the_job_ends(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """The hand-over to the courier is part of the ending itself; jobs without a webhook hand over nothing."""
    a = admission(webhook="https://example.org/hook")
    await front.admit(a)
    await front.admit(admission())
    token, claim = await claim_one(connection, back)
    settled = back.settle(token, "ver_a", [Settlement(claim, "succeeded", output=b"1")], want=1)
    back.settle(token, "ver_a", [Settlement(settled.claims[0], "succeeded", output=b"1")], want=0)
    [entry] = connection.lrange("webhooks:due", 0, -1)
    assert entry.decode().split()[:3] == [a.job_id, "succeeded", a.tenant_id]


async def test_nothing_is_left_when_results_expire(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """After its result's lifetime a job is gone from every key but the tenant's counters."""
    await front.admit(admission(result_seconds=1))
    token, claim = await claim_one(connection, back)
    back.settle(token, "ver_a", [Settlement(claim, "succeeded", output=b"1")], want=0)
    back.end(token)
    await asyncio.sleep(1.1)
    back.reap()
    left = {key.decode() for key in connection.scan_iter() if not key.startswith(b"rq:")}
    assert left <= {"load:ten_a", "stats", "workers", "turns:serial", "ledger:open", "active"}


async def test_recover_hands_back_what_nobody_holds(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """A claim whose reply was lost is queued again, and the attempt does not count."""
    a = admission()
    await front.admit(a)
    token, _lost = await claim_one(connection, back)
    assert back.recover() == 1
    claims = back.settle(token, "ver_a", [], want=1).claims
    assert [c.job_id for c in claims] == [a.job_id]
    record = await front.get("ten_a", a.job_id)
    assert record is not None and record.attempts == 1


async def test_a_job_that_breaks_our_worker_ends_after_its_attempts(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """A turn that fails through our fault gives its jobs back, and each attempt counts."""
    a = admission()
    await front.admit(a)
    token = await issued_token(connection)
    assert back.begin(token) is not None
    for _ in range(3):
        assert len(back.settle(token, "ver_a", [], want=1).claims) == 1
        assert back.recover(count_attempt=True) == 1
    record = await front.get("ten_a", a.job_id)
    assert record is not None and (record.state, record.error_type) == ("failed", "platform")


async def test_forgotten_scripts_are_loaded_again(front: JobFront, connection: redis.Redis, admission: Build) -> None:
    """SCRIPT FLUSH costs one refused admission, not a broken API."""
    await front.admit(admission())
    connection.script_flush()
    with pytest.raises(RedisUnavailable):
        await front.admit(admission())
    assert isinstance(await front.admit(admission()), Admitted)


async def test_a_full_redis_is_unavailable_not_a_crash(
    front: JobFront, connection: redis.Redis, admission: Build
) -> None:
    """What Redis refuses to write is RedisUnavailable; nothing half-written stays."""
    connection.config_set("maxmemory", "1")
    try:
        with pytest.raises(RedisUnavailable):
            await front.admit(admission())
    finally:
        connection.config_set("maxmemory", "0")
    assert list(connection.scan_iter("job:*")) == []


async def test_a_job_can_be_read_and_canceled_while_redis_is_full(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Queued or running: with no byte left, what a tenant needs to make room goes on working."""
    queued, running = admission(version_id="ver_b"), admission()
    await front.admit(running)
    await front.admit(queued)
    await claim_one(connection, back)
    connection.config_set("maxmemory", "1")
    try:
        for a in (queued, running):
            record = await front.cancel("ten_a", a.job_id)
            assert record is not None and record.state == "canceled"
        assert len((await front.page("ten_a", limit=10)).jobs) == 2
    finally:
        connection.config_set("maxmemory", "0")


async def test_a_tenant_without_a_rate_may_not_run(front: JobFront, admission: Build) -> None:
    """Zero requests a minute refuses, by the script itself."""
    refused = await front.admit(admission(requests_per_minute=0))
    assert isinstance(refused, Refused) and refused.why == "rate"
