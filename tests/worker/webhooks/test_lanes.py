"""Deliveries under random interleavings, on real Redis: none lost, none in two places, counters exact."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

import store.deliveries.scripts
from store.deliveries import Claimed, DeliveryDesk, DeliveryQueue, Plan, Recipient, delivery_id, lane_of
from store.scripting import Script
from worker.webhooks.courier import SLOTS

LANE_ROOM, FAILING_ROOM, TENANT_ROOM = 2, 1, 3  # smaller than real, so that few steps reach them
TENANTS = ("ten_a", "ten_b")
KEPT = {"deliveries:stats", "deliveries:couriers", "deliveries:failing"}
URLS = tuple(f"https://{name}.example/hook" for name in ("one", "two", "three"))


@pytest.fixture
def small_rooms(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripts with smaller rooms."""
    real = store.deliveries.scripts.script

    def script(name: str) -> Script:
        text = real(name).text
        for old, new in (
            ("local LANE_ROOM = 16", f"local LANE_ROOM = {LANE_ROOM}"),
            ("FAILING_ROOM = 2", f"FAILING_ROOM = {FAILING_ROOM}"),
            ("TENANT_ROOM = 64", f"TENANT_ROOM = {TENANT_ROOM}"),
        ):
            assert old in text
            text = text.replace(old, new)
        return Script.of(text)

    monkeypatch.setattr(store.deliveries.scripts, "script", script)


def test_random_interleavings_lose_nothing(redis_url: str, small_rooms: None) -> None:
    """Whatever order couriers take, plan, claim, finish, die, come back and leave in: every job is in exactly one
    place, the counters of what is in flight are exact, rooms are never exceeded, and what could be sent is on the
    schedule."""
    machine = settings(max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(lambda: Couriers(redis_url), settings=machine)  # type: ignore[arg-type]  # a factory is fine


class Couriers(RuleBasedStateMachine):
    """Two couriers; one step each at a time, as Redis would see them."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._loop = asyncio.new_event_loop()
        self.redis = redis.Redis.from_url(url)
        self.redis.flushall()
        self.queues = [DeliveryQueue(url, courier=f"c{number}", dead_after_seconds=1e6) for number in (0, 1)]
        self.desk = DeliveryDesk(self.redis)
        self.jobs: dict[str, tuple[str, str]] = {}
        self.hands: list[list[Claimed]] = [[], []]  # what each courier believes it holds, stale claims included
        self.ended: Counter[str] = Counter()

    def teardown(self) -> None:
        """Drain: whatever happened before, every job can still be told."""
        for _ in range(len(self.jobs) * 3 + 3):
            self._take(0)
            for claimed in self._claim(0, 8):
                self._finish(0, claimed, "delivered")
            self._kill(1)
            self._force_due()
            # What courier 0 itself still holds it will never report: as if it had died.
            self._kill(0)
        assert set(self.ended) == set(self.jobs), "a job was never told"
        assert all(count == 1 for count in self.ended.values()), "a job ended twice"
        left = {key.decode() for key in self.redis.keys("deliveries:*")} - KEPT
        logs = {key for key in left if key.startswith(("deliveries:log:", "deliveries:ended:", "deliveries:attempts:"))}
        assert left == logs, left - logs
        assert all(self.redis.pttl(key) > 0 for key in logs), "a log that nobody will ever remove"
        for queue in self.queues:
            self._run(queue.close())
        self._loop.close()
        self.redis.close()

    @rule(tenant=st.sampled_from(TENANTS), url=st.sampled_from(URLS), count=st.integers(1, 4))
    def end_jobs(self, tenant: str, url: str, count: int) -> None:
        """The hand-over."""
        for _ in range(count):
            job_id = f"job_{len(self.jobs)}"
            self.jobs[job_id] = (tenant, url)
            self.redis.rpush("webhooks:due", job_id)

    @rule(who=st.sampled_from((0, 1)))
    def take_and_plan(self, who: int) -> None:
        """Take what is due and plan it."""
        self._take(who)

    @rule(who=st.sampled_from((0, 1)))
    def take_and_forget(self, who: int) -> None:
        """Take, and fail before planning."""
        self._run(self.queues[who]._run("take", f"c{who}", 2))

    @rule(who=st.sampled_from((0, 1)))
    def plan_what_was_forgotten(self, who: int) -> None:
        """Plan what an earlier failure left, perhaps again."""
        for entry in self._run(self.queues[who].taken()):
            self._plan(who, entry.decode())

    @rule(who=st.sampled_from((0, 1)), room=st.integers(1, 5))
    def claim(self, who: int, room: int) -> None:
        """Claim some."""
        self.hands[who] += self._claim(who, room)

    @precondition(lambda self: any(self.hands))
    @rule(
        data=st.data(),
        ending=st.sampled_from(("delivered", "gave_up", "retry")),
        keep=st.booleans(),
        health=st.sampled_from(("good", "bad", "")),
    )
    def finish(self, data: st.DataObject, ending: str, keep: bool, health: str) -> None:
        """Report on one, which may be somebody else's by now; perhaps report on it again later."""
        who = data.draw(st.sampled_from([number for number in (0, 1) if self.hands[number]]))
        claimed = data.draw(st.sampled_from(self.hands[who]))
        if not keep:
            self.hands[who].remove(claimed)
        self._finish(who, claimed, ending, health)

    @precondition(lambda self: bool(self.ended))
    @rule(data=st.data())
    def ask_again(self, data: st.DataObject) -> None:
        """A tenant asks for one that ended, or for one that is on its way."""
        job_id = data.draw(st.sampled_from(sorted(self.jobs)))
        answer = self.desk.redeliver(self.jobs[job_id][0], delivery_id(job_id))
        self.redis.delete(f"deliveries:asked:{self.jobs[job_id][0]}")  # how often one may ask is tested elsewhere
        if job_id in self.ended:
            assert answer == "ok"
            del self.ended[job_id]
        else:
            assert answer in {"ok", "unknown", "under_way"}

    @rule(who=st.sampled_from((0, 1)))
    def kill(self, who: int) -> None:
        """One dies, or sleeps so long that it is taken for dead; it still believes in its claims."""
        self._kill(who)

    @rule(who=st.sampled_from((0, 1)))
    def leave(self, who: int) -> None:
        """One leaves in good order."""
        self._run(self.queues[who].leave())

    @rule()
    def time_passes(self) -> None:
        """Retries become due."""
        self._force_due()

    @invariant()
    def each_job_is_in_one_place(self) -> None:
        """Due, taken, waiting in its lane, claimed or ended."""
        places: Counter[str] = Counter()
        ids = {delivery_id(job_id): job_id for job_id in self.jobs}
        planned = {job_id for found, job_id in ids.items() if self.redis.exists(f"delivery:{found}")}
        for key in ("webhooks:due", "deliveries:taken:c0", "deliveries:taken:c1"):
            # A job that is planned already may be on its way to being planned again: that changes nothing.
            places.update({job.decode() for job in self.redis.lrange(key, 0, -1)} - planned)
        for lane in self._lanes():
            places.update(ids[found.decode()] for found in self.redis.zrange(f"deliveries:lane:{lane}", 0, -1))
        for who in (0, 1):
            places.update(ids[found.decode()] for found in self.redis.smembers(f"deliveries:claims:c{who}"))
        places.update(self.ended.keys())
        assert places == Counter(self.jobs.keys())

    @invariant()
    def counters_are_exact_and_rooms_kept(self) -> None:
        """What is in flight is what is counted, and never more than there is room for."""
        expected: Counter[str] = Counter()
        for who in (0, 1):
            for found in self.redis.smembers(f"deliveries:claims:c{who}"):
                tenant, url = self.jobs[found.decode().replace("dlv_", "job_")]
                expected.update([tenant, lane_of(tenant, url=url)])
        counted = {name.decode(): int(value) for name, value in self.redis.hgetall("deliveries:busy").items()}
        assert counted == dict(expected)
        waiting = Counter(tenant for job_id, (tenant, _) in self.jobs.items() if self._waits(job_id))
        held = {name.decode(): int(value) for name, value in self.redis.hgetall("deliveries:waiting").items()}
        assert held == {**waiting, **{f"{tenant}:bytes": 2 * count for tenant, count in waiting.items()}}
        assert all(count <= (LANE_ROOM if ":" in name else TENANT_ROOM) for name, count in counted.items())

    @invariant()
    def what_could_be_sent_is_scheduled(self) -> None:
        """A lane with something waiting is on the schedule, unless it or its tenant is full.

        Or the tenant was passed over for want of free slots: the next claim of any courier, a second later at most,
        puts its lanes back.
        """
        pressed = {tenant.decode() for tenant in self.redis.smembers("deliveries:pressed")}
        scheduled = {lane.decode() for lane in self.redis.zrange("deliveries:scheduled", 0, -1)}
        busy = {name.decode(): int(value) for name, value in self.redis.hgetall("deliveries:busy").items()}
        for lane in self._lanes():
            tenant = lane.split(":")[0]
            waiting = self.redis.zcard(f"deliveries:lane:{lane}") > 0
            failing = self.redis.zscore("deliveries:failing", lane) is not None
            full = busy.get(lane, 0) >= (FAILING_ROOM if failing else LANE_ROOM)
            set_aside = bool(self.redis.sismember(f"deliveries:parked:{tenant}", lane))
            parked = set_aside and (busy.get(tenant, 0) > 0 or tenant in pressed)
            assert not waiting or lane in scheduled or full or parked, (lane, busy)

    def _waits(self, job_id: str) -> bool:
        return self.redis.hget(f"delivery:{delivery_id(job_id)}", "state") in (b"scheduled", b"sending")

    def _lanes(self) -> set[str]:
        return {lane_of(tenant, url=url) for tenant in TENANTS for url in URLS}

    def _take(self, who: int) -> None:
        for job_id in self._run(self.queues[who]._run("take", f"c{who}", 5)):
            self._plan(who, job_id.decode())

    def _plan(self, who: int, job_id: str) -> None:
        tenant, url = self.jobs[job_id]
        self._run(self.queues[who].plan(_plan(job_id, url, tenant=tenant)))

    def _claim(self, who: int, room: int) -> list[Claimed]:
        claimed, _ = self._run(self.queues[who].claim(room=room))
        assert len(claimed) <= room
        return claimed

    def _finish(self, who: int, claimed: Claimed, ending: Any, health: Any = "") -> None:
        report = self.queues[who].finish(claimed, ending=ending, delay_seconds=1000, endpoint_was=health)
        fresh = self._run(report).fresh
        if fresh and ending != "retry":
            self.ended[claimed.id.replace("dlv_", "job_")] += 1

    def _kill(self, who: int) -> None:
        if self.redis.zscore("deliveries:couriers", f"c{who}") is None:
            return
        self.redis.zadd("deliveries:couriers", {f"c{who}": -1e12})
        assert self._run(self.queues[1 - who].beat()) == [f"c{who}"]

    def _force_due(self) -> None:
        for lane in self._lanes():
            key = f"deliveries:lane:{lane}"
            for found in self.redis.zrange(key, 0, -1):
                self.redis.zadd(key, {found: 1})
            if self.redis.zscore("deliveries:scheduled", lane) is not None:
                self.redis.zadd("deliveries:scheduled", {lane: 1})

    def _run(self, step: Coroutine[Any, Any, Any]) -> Any:
        return self._loop.run_until_complete(step)


def test_a_failing_lane_takes_few_slots(redis_url: str) -> None:
    """Once its last attempt failed, a lane has two attempts in flight; a success gives it its room back."""

    async def scenario() -> list[int]:
        connection = redis.Redis.from_url(redis_url)
        queue = DeliveryQueue(redis_url, courier="c")

        async def claim() -> list[Claimed]:
            lane = lane_of("ten_a", url="https://dead.example/")
            for found in connection.zrange(f"deliveries:lane:{lane}", 0, -1):
                connection.zadd(f"deliveries:lane:{lane}", {found: 1})
            connection.zadd("deliveries:scheduled", {lane: 1}, xx=True)
            return (await queue.claim(room=100))[0]

        for number in range(40):
            await queue.plan(_plan(f"job_{number}", "https://dead.example/"))
        first = await claim()
        for each in first:
            await queue.finish(each, ending="retry", delay_seconds=1000, error="timed_out", endpoint_was="bad")
        second = await claim()
        for each in second:
            await queue.finish(each, ending="delivered", endpoint_was="good")
        third = await claim()
        await queue.close()
        return [len(first), len(second), len(third)]

    assert asyncio.run(scenario()) == [16, 2, 16]


def test_a_flood_does_not_go_first(redis_url: str) -> None:
    """With 5,000 deliveries waiting for one endpoint, another's newer one is in the very next claim."""

    async def scenario() -> list[str]:
        queue = DeliveryQueue(redis_url, courier="c")
        for number in range(5000):
            await queue.plan(_plan(f"job_{number}", "https://flood.example/"))
        await queue.plan(_plan("job_quiet", "https://quiet.example/"))
        claimed, _ = await queue.claim(room=8)
        await queue.close()
        return [each.id for each in claimed]

    found = asyncio.run(scenario())
    assert "dlv_quiet" in found
    assert len(found) == 4


def _plan(job_id: str, url: str, *, tenant: str = "ten_a") -> Plan:
    to = (Recipient(url),)
    return Plan(job_id, tenant_id=tenant, event="job.succeeded", body=b"{}", recipients=to, entry=job_id.encode())


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("tenants", [1, 4, 24])
def test_who_hangs_leaves_room_for_others(redis_url: str, tenants: int, at_once: bool) -> None:
    """Tenants whose endpoints hang, each with more waiting than it gets slots, all at once or one after the other:
    another tenant's delivery is in the very next claim of the same courier, with none of theirs answered."""

    async def scenario() -> tuple[list[Claimed], list[Claimed]]:
        queue = DeliveryQueue(redis_url, courier="c")
        hanging: list[Claimed] = []

        async def claim() -> None:
            while claimed := (await queue.claim(room=SLOTS - len(hanging), slots=SLOTS))[0]:
                hanging.extend(claimed)

        for tenant in range(tenants):
            for number in range(80):
                plan = _plan(f"job_{tenant}.{number}", f"https://hangs{number % 8}.example/", tenant=f"ten_{tenant}")
                await queue.plan(plan)
            if not at_once:
                await claim()
        await claim()
        await queue.plan(_plan("job_healthy", "https://healthy.example/", tenant="ten_healthy"))
        found, _ = await queue.claim(room=SLOTS - len(hanging), slots=SLOTS)
        await queue.close()
        return hanging, found

    hanging, found = asyncio.run(scenario())
    assert len({each.tenant_id for each in hanging}) == tenants
    assert [each.id for each in found] == ["dlv_healthy"]


def test_whoever_was_passed_over_gets_its_turn(redis_url: str) -> None:
    """A lane that found too few slots free is taken up once there are more, without an attempt of its tenant ending."""

    async def scenario() -> tuple[list[str], list[str]]:
        queue = DeliveryQueue(redis_url, courier="c")
        for name in ("one", "two", "three"):
            await queue.plan(_plan(f"job_{name}", f"https://{name}.example/"))
        first, _ = await queue.claim(room=2)
        second, _ = await queue.claim(room=8)
        await queue.close()
        return [each.id for each in first], [each.id for each in second]

    first, second = asyncio.run(scenario())
    assert (len(first), len(second)) == (1, 2)
    assert {*first, *second} == {"dlv_one", "dlv_two", "dlv_three"}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example/x", "https://A.example/y?z", True),
        ("https://a.example/x", "https://a.example:8443/x", False),
        ("https://a.example/", "http://a.example/", False),
        ("https://[", "https://[[", True),
    ],
)
def test_a_lane_is_an_origin(one: str, other: str, same: bool) -> None:
    """Paths share their origin's lane; ports and schemes don't; what can't be read has a lane too."""
    assert (lane_of("t", url=one) == lane_of("t", url=other)) is same
