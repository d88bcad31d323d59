"""The courier's side of the delivery store: take, plan, claim, finish, stay alive."""

# Keys are listed in lua/common.lua. Touched from here besides:
# webhooks:due                list  waited on
# deliveries:taken:{courier}  list  read, and ids dropped from it
# delivery:{id}               hash  read

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import redis.asyncio as aioredis
from redis.exceptions import NoScriptError

from store.deliveries.records import Claimed, Delivery, Plan, decode_delivery, delivery_id, lane_of

DUE_KEY = "webhooks:due"
DEAD_AFTER_SECONDS = 5.0  # a courier silent for longer is taken for dead; it beats every second
KEEP_SECONDS = {"delivered": 86_400, "gave_up": 3 * 86_400, "retry": 0}  # how long an ended delivery can be read

Ending = Literal["delivered", "gave_up", "retry"]
_LUA = Path(__file__).parent / "lua"


class DeliveryQueue:
    """Deliveries as one courier sees them. Every change is one Lua script; any Redis failure is a RedisError."""

    def __init__(self, redis_url: str, *, courier: str, dead_after_seconds: float = DEAD_AFTER_SECONDS) -> None:
        self.courier = courier
        self._redis = aioredis.Redis.from_url(redis_url)
        self._dead_after_ms = int(dead_after_seconds * 1000)

    async def close(self) -> None:
        """Close the connections. What is held stays held; ``leave`` hands it back."""
        await self._redis.aclose()

    async def beat(self) -> list[str]:
        """Say that this courier lives, and take back what dead ones held; their names are returned."""
        return [name.decode() for name in await self._run("beat", self.courier, self._dead_after_ms)]

    async def leave(self) -> None:
        """Hand back everything held, at once."""
        await self._run("leave", self.courier)

    async def take(self, *, room: int, wait_seconds: float) -> list[str]:
        """Take up to ``room`` job ids whose end has to be told, waiting a little when there is none."""
        if found := await self._run("take", self.courier, room):
            return [job_id.decode() for job_id in found]
        # From the head to the head: waits for the list to have something, and leaves it as it is.
        waiting = self._redis.blmove(DUE_KEY, DUE_KEY, wait_seconds, "LEFT", "LEFT")  # type: ignore[arg-type]  # Redis takes fractions
        if await cast(Any, waiting) is None:
            return []
        return [job_id.decode() for job_id in await self._run("take", self.courier, room)]

    async def taken(self) -> list[str]:
        """Job ids taken and neither planned nor dropped: what a failure in between left behind."""
        return [job_id.decode() for job_id in await cast(Any, self._redis.lrange(self._taken, 0, -1))]

    async def drop(self, job_id: str) -> None:
        """Forget a taken job id: there is nothing to tell."""
        await cast(Any, self._redis.lrem(self._taken, 1, job_id))

    async def plan(self, plan: Plan) -> bool:
        """Make a taken job id a delivery, due at once. False when it is one already."""
        lane = lane_of(plan.tenant_id, plan.url)
        job = (plan.job_id, delivery_id(plan.job_id), plan.tenant_id, plan.url, lane, plan.event, plan.body)
        return bool(await self._run("plan", self.courier, *job))

    async def claim(self, *, room: int) -> tuple[list[Claimed], float | None]:
        """Up to ``room`` due deliveries, and the seconds until the next one is due (None: none is scheduled)."""
        answer = await self._run("claim", self.courier, room)
        wait_ms, parts = int(answer[0]), answer[1:]
        found = [_claimed(parts[at : at + 6]) for at in range(0, len(parts), 6)]
        return found, None if wait_ms < 0 else wait_ms / 1000

    async def finish(
        self,
        claimed: Claimed,
        *,
        ending: Ending,
        delay_seconds: float = 0.0,
        status: int = 0,
        error: str = "",
        detail: str = "",
    ) -> bool:
        """Record an attempt's end. False, and nothing changed, when the claim was taken away meanwhile."""
        report = (ending, int(delay_seconds * 1000), status, error, detail, KEEP_SECONDS[ending])
        return bool(await self._run("finish", self.courier, claimed.id, claimed.claim, *report))

    async def get(self, found_id: str) -> Delivery | None:
        """The delivery, or None when it is unknown or expired."""
        fields = await cast(Any, self._redis.hgetall(f"delivery:{found_id}"))
        return decode_delivery(found_id, fields) if fields else None

    @property
    def _taken(self) -> str:
        return f"deliveries:taken:{self.courier}"

    async def _run(self, name: str, *arguments: Any) -> Any:
        text, digest = _script(name)
        try:
            return await cast(Any, self._redis.evalsha(digest, 0, *arguments))
        except NoScriptError:
            return await cast(Any, self._redis.eval(text, 0, *arguments))


def _claimed(parts: list[Any]) -> Claimed:
    found_id, claim, tenant_id, url, body, attempts = parts
    return Claimed(
        id=found_id.decode(),
        claim=int(claim),
        tenant_id=tenant_id.decode(),
        url=url.decode(),
        body=body,
        attempts=int(attempts),
    )


@cache
def _script(name: str) -> tuple[str, str]:
    text = (_LUA / "common.lua").read_text() + (_LUA / f"{name}.lua").read_text()
    return text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
