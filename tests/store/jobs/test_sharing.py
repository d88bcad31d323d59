"""How tenants share the workers: turns in company, turns that follow one another, who is woken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import redis

from store.jobs.back import JobBack
from store.jobs.front import JobFront
from store.jobs.records import Admission, Admitted
from store.jobs.turns import TURNS_QUEUE_KEY
from tests.store.jobs.simulated import SimulatedWorker, pop_token
from worker.bell import Bell, Ring

pytestmark = pytest.mark.anyio
Build = Callable[..., Admission]


async def admit(front: JobFront, admission: Admission) -> None:
    """Admit one job; its turn, if it got one, has reached RQ."""
    assert isinstance(await front.admit(admission), Admitted)
    await asyncio.sleep(0)
    await front._in_thread(lambda _queue, _nothing: None, None)


async def flood(front: JobFront, admission: Build, *, tenant: str = "ten_a", versions: int = 4) -> None:
    """A job for each of many versions of a tenant that may have as many turns."""
    for number in range(versions):
        each = admission(tenant_id=tenant, version_id=f"ver_{tenant}{number}", concurrency=versions)
        await admit(front, each)


def turns(connection: redis.Redis, tenant: str) -> int:
    """How many the tenant has."""
    count: int = connection.scard(f"turns:{tenant}")  # type: ignore[assignment]
    return count


async def test_a_tenant_alone_has_every_worker(front: JobFront, connection: redis.Redis, admission: Build) -> None:
    """With nobody else about, turns are as many as its concurrency."""
    for name in ("w1", "w2", "w3"):
        SimulatedWorker(connection, name)
    await flood(front, admission)
    assert turns(connection, "ten_a") == 4


async def test_a_tenant_in_company_leaves_a_worker_to_the_others(
    front: JobFront, connection: redis.Redis, admission: Build
) -> None:
    """While another tenant has a turn, or had one a moment ago, one of the workers is not the flood's."""
    workers = [SimulatedWorker(connection, name) for name in ("w1", "w2", "w3")]
    await admit(front, admission(tenant_id="ten_b", version_id="ver_b"))
    await flood(front, admission)
    assert turns(connection, "ten_a") == 2
    while (token := pop_token(connection)) is not None:
        workers[0].begin(token)
        workers[0].serve_all()
    assert turns(connection, "ten_a") == turns(connection, "ten_b") == 0
    await flood(front, admission)
    assert turns(connection, "ten_a") == 2  # the other may come back
    connection.zadd("active", {"ten_b": 1})
    while (token := pop_token(connection)) is not None:
        workers[0].begin(token)
        workers[0].serve_all()
    await flood(front, admission)
    assert turns(connection, "ten_a") == 4


async def test_the_only_worker_is_everybodys(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """With one worker nothing can be left to others: turns take each other's place."""
    await admit(front, admission(tenant_id="ten_b", version_id="ver_b"))
    await flood(front, admission, versions=2)
    assert turns(connection, "ten_a") == 2 and turns(connection, "ten_b") == 1


async def test_a_worker_goes_on_with_what_follows_where_nobody_waits(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """The tenant's next version is begun with the end of the turn, without RQ; asked again, it is the same."""
    for version in ("ver_a", "ver_b"):
        await admit(front, admission(version_id=version))
    token = pop_token(connection)
    assert token is not None and back.begin(token) == ("ver_a", "ten_a")
    following = back.end(token, go_on=True)
    assert following is not None and following[1:] == ("ver_b", "ten_a")
    assert back.end(token, go_on=True) == following
    assert connection.llen(TURNS_QUEUE_KEY) == 0 and connection.zcard("turns:issued") == 0
    assert len(back.settle(following[0], "ver_b", [], want=1).claims) == 1


async def test_a_worker_does_not_go_on_while_another_tenant_waits(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Who waits in RQ is first; the turn that takes the ended one's place lines up behind."""
    for version in ("ver_a", "ver_b"):
        await admit(front, admission(version_id=version))
    token = pop_token(connection)
    assert token is not None and back.begin(token) is not None
    await admit(front, admission(tenant_id="ten_b", version_id="ver_c"))
    settled = back.settle(token, "ver_a", [], want=0)
    assert (settled.others_waiting, settled.own_waiting) == (2, 1)
    assert back.end(token, go_on=True) is None
    assert back.end("trn_unknown", go_on=True, in_tenure=True) is None
    assert [back.begin(pop_token(connection) or "") for _ in range(2)] == [("ver_c", "ten_b"), ("ver_b", "ten_a")]


async def test_within_its_slice_a_tenant_goes_on_although_another_waits(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """A version that had little to do leaves the rest of the slice to the tenant's next one."""
    for version in ("ver_a", "ver_b"):
        await admit(front, admission(version_id=version))
    token = pop_token(connection)
    assert token is not None and back.begin(token) is not None
    await admit(front, admission(tenant_id="ten_b", version_id="ver_c"))
    following = back.end(token, go_on=True, in_tenure=True)
    assert following is not None and following[1:] == ("ver_b", "ten_a")
    assert connection.llen(TURNS_QUEUE_KEY) == 1


async def test_the_line_of_one_tenant_wakes_no_other(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """A flood's admissions that find no room ring for whoever serves that tenant only; turns ring for everybody."""
    bells = {tenant: Bell(connection, worker="w1") for tenant in ("ten_a", "ten_b")}
    for bell in bells.values():
        bell.wait(0)
    connection.publish("wake:any", "ten_a")
    assert bells["ten_a"].wait(1, tenant_id="ten_a") == Ring()
    assert bells["ten_b"].wait(0.05, tenant_id="ten_b") is None
    connection.publish("wake:any", "trn_ver_x_1")
    assert bells["ten_b"].wait(1, tenant_id="ten_b") == Ring()
    for bell in bells.values():
        bell.close()
