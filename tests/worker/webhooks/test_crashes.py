"""Nothing that was to be told is forgotten: killed, paused and stopped couriers, and a Redis that goes away."""

from __future__ import annotations

import json
import random
import signal
import threading
import time

from store.deliveries import delivery_id
from tests.attacks_webhooks.listener import Answer, Listener, eventually

NO_URL = ""


class Gate:
    """An endpoint that holds its answers back until it is opened."""

    def __init__(self) -> None:
        self._open = threading.Event()

    def __call__(self, request: object) -> Answer:
        self._open.wait(60)
        return Answer()

    def open(self) -> None:
        self._open.set()


def test_a_killed_couriers_deliveries_are_made_by_another(world) -> None:
    """After kill -9 in the middle of sending, another courier sends again: same id, each job told at least once."""
    gate = Gate()
    with Listener(gate) as endpoint:
        first = world.courier()
        jobs = world.end_jobs(*[endpoint.url] * 40)
        endpoint.wait_for(16)
        first.kill()
        gate.open()
        world.courier()
        for job_id in jobs:
            world.wait_state(job_id, "delivered")
    told = {request.headers["webhook-id"] for request in endpoint.requests}
    assert told == {f"dlv_{job_id.removeprefix('job_')}" for job_id in jobs}
    assert world.redis.hgetall("deliveries:busy") == {}
    assert not world.redis.keys("deliveries:claims:*")
    assert not world.redis.keys("deliveries:taken:*")


def test_jobs_taken_by_a_courier_that_died_are_not_lost(world) -> None:
    """Job ids that a courier had taken and not yet planned go back to the others."""
    jobs = world.end_jobs("http://127.0.0.1:9/", "http://127.0.0.1:9/")
    for job_id in jobs:  # as take.lua leaves it when its caller dies at that very moment
        entry = world.redis.lmove("webhooks:due", "deliveries:taken:ghost", "LEFT", "RIGHT")
        assert entry.startswith(job_id.encode())
    world.redis.zadd("deliveries:couriers", {"ghost": 1})
    world.courier()
    for job_id in jobs:
        eventually(lambda job_id=job_id: world.delivery(job_id).get("attempts") == "1")
    assert not world.redis.keys("*ghost*")


def test_a_paused_courier_cannot_overwrite(world) -> None:
    """A courier that sleeps through its own death and then reports is ignored; the other's record stands."""
    gate = Gate()
    with Listener(gate) as endpoint:
        first = world.courier()
        [job_id] = world.end_jobs(endpoint.url)
        endpoint.wait_for(1)
        first.signal(signal.SIGSTOP)
        world.courier()
        endpoint.wait_for(2)
        gate.open()
        assert world.wait_state(job_id, "delivered")["attempts"] == "1"
        first.signal(signal.SIGCONT)
        eventually(lambda: "superseded" in first.log)
    assert world.delivery(job_id)["attempts"] == "1"
    assert world.redis.hget("deliveries:stats", "delivered") == b"1"


def test_sigterm_finishes_what_is_in_flight(world) -> None:
    """Told to stop, a courier waits for the answers it is owed, records them, and leaves with code 0."""
    gate = Gate()
    with Listener(gate) as endpoint:
        courier = world.courier()
        [job_id, *rest] = world.end_jobs(*[endpoint.url] * 20)
        endpoint.wait_for(16)
        courier.signal(signal.SIGTERM)
        courier.signal(signal.SIGTERM)  # impatience changes nothing
        gate.open()
        assert courier.stop() == 0
    states = [world.delivery(each)["state"] for each in (job_id, *rest)]
    assert sorted(states) == ["delivered"] * 16 + ["scheduled"] * 4
    assert len(endpoint.requests) == 16
    assert world.redis.zcard("deliveries:couriers") == 0


def test_deliveries_outlive_redis(make_world, own_redis) -> None:
    """Redis killed and restarted from its append-only file: what was due is sent, by the courier that waited."""
    world = make_world(own_redis.url)
    with Listener() as endpoint:
        courier = world.courier()
        courier.signal(signal.SIGSTOP)
        jobs = world.end_jobs(*[endpoint.url] * 5)
        own_redis.kill()
        courier.signal(signal.SIGCONT)
        eventually(lambda: "courier_waits" in courier.log)
        own_redis.start()
        for job_id in jobs:
            world.wait_state(job_id, "delivered")


def test_two_couriers_share_the_work(world) -> None:
    """With two couriers, each webhook is sent once."""
    with Listener() as endpoint:
        world.courier()
        world.courier()
        jobs = world.end_jobs(*[endpoint.url] * 200)
        for job_id in jobs:
            world.wait_state(job_id, "delivered")
    assert len(endpoint.requests) == len({request.headers["webhook-id"] for request in endpoint.requests}) == 200


def test_endpoints_are_told_once_whatever_dies(world) -> None:
    """Couriers killed again and again, at whatever step they are: each event reaches each endpoint, under one id that
    is the event's and the endpoint's, always with the same body; what was doubled is an attempt under that id."""
    chance = random.Random(7)
    with Listener() as one, Listener() as two:
        endpoints = {each.url: world.endpoint(each.url, "job.started", "job.succeeded") for each in (one, two)}
        jobs: list[str] = []
        for _ in range(6):
            courier = world.courier()
            jobs += world.end_jobs(*[NO_URL] * 30)
            seen = len(one.requests) + len(two.requests)
            one.wait_for(min(len(jobs) * 2, len(one.requests) + chance.randrange(30)))
            time.sleep(chance.random() / 5)  # anywhere between two steps
            courier.kill()
            assert len(one.requests) + len(two.requests) >= seen
        world.courier()
        expected = {
            (url, event, job_id): delivery_id(job_id, event=event, endpoint_id=endpoint.id)
            for url, endpoint in endpoints.items()
            for event in ("job.started", "job.succeeded")
            for job_id in jobs
        }
        for found in expected.values():
            eventually(lambda found=found: world.fields(found).get("state") == "delivered")
        told: dict[tuple[str, str, str], set[tuple[str, bytes]]] = {}
        for listener in (one, two):
            for request in listener.requests:
                if len(request.body) < int(request.headers["Content-Length"]):
                    continue  # its courier died in the middle of it: no receiver takes that for a delivery
                body = json.loads(request.body)
                key = (listener.url, body["type"], body["data"]["id"])
                told.setdefault(key, set()).add((request.headers["webhook-id"], request.body))
    assert {key: {found for found, _ in pairs} for key, pairs in told.items()} == {
        key: {found} for key, found in expected.items()
    }
    assert all(len(pairs) == 1 for pairs in told.values()), "the same id came with two bodies"
    assert world.redis.hgetall("deliveries:waiting") == world.redis.hgetall("deliveries:busy") == {}
    assert not world.redis.exists("webhooks:due")
