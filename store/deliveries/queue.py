"""The courier's side of the delivery store: take, plan, claim, finish, stay alive."""

# Keys are listed in lua/common.lua. Touched from here besides:
# webhooks:due                list  waited on
# deliveries:taken:{courier}  list  read, and entries dropped from it
# delivery:{id}               hash  read

from __future__ import annotations

from typing import Any, Literal, cast

import redis.asyncio as aioredis
from redis.exceptions import NoScriptError

from store.deliveries import scripts
from store.deliveries.due import DUE_KEY
from store.deliveries.records import Claimed, Delivery, Finished, Plan, Retention, decode_delivery

DEAD_AFTER_SECONDS = 5.0  # a courier silent for longer is taken for dead; it beats every second

Ending = Literal["delivered", "gave_up", "retry"]
Verdict = Literal["good", "bad", ""]  # what an attempt says of its endpoint; "": nothing, the fault was ours


class DeliveryQueue:
    """Deliveries as one courier sees them. Every change is one Lua script; any Redis failure is a RedisError."""

    def __init__(
        self,
        redis_url: str,
        *,
        courier: str,
        dead_after_seconds: float = DEAD_AFTER_SECONDS,
        retention: Retention | None = None,
    ) -> None:
        self.courier = courier
        self._redis = aioredis.Redis.from_url(redis_url)
        self._dead_after_ms = int(dead_after_seconds * 1000)
        self._keep = (retention or Retention()).arguments

    async def close(self) -> None:
        """Close the connections. What is held stays held; ``leave`` hands it back."""
        await self._redis.aclose()

    async def beat(self) -> list[str]:
        """Say that this courier lives, and take back what dead ones held; their names are returned."""
        return [name.decode() for name in await self._run("beat", self.courier, self._dead_after_ms)]

    async def leave(self) -> None:
        """Hand back everything held, at once."""
        await self._run("leave", self.courier)

    async def take(self, *, room: int, wait_seconds: float) -> list[bytes]:
        """Take up to ``room`` entries of what has to be told, waiting a little when there is none."""
        if found := await self._run("take", self.courier, room):
            return cast("list[bytes]", found)
        # From the head to the head: waits for the list to have something, and leaves it as it is.
        waiting = self._redis.blmove(DUE_KEY, DUE_KEY, wait_seconds, "LEFT", "LEFT")  # type: ignore[arg-type]  # Redis takes fractions
        if await cast(Any, waiting) is None:
            return []
        return cast("list[bytes]", await self._run("take", self.courier, room))

    async def taken(self) -> list[bytes]:
        """Entries taken and neither planned nor dropped: what a failure in between left behind."""
        return cast("list[bytes]", await cast(Any, self._redis.lrange(self._taken, 0, -1)))

    async def drop(self, entry: bytes) -> None:
        """Forget a taken entry: there is nobody to tell."""
        await cast(Any, self._redis.lrem(self._taken, 1, entry))  # type: ignore[arg-type]  # it takes bytes

    async def plan(self, plan: Plan) -> int:
        """Make a taken entry deliveries, due at once; how many of them are new."""
        fixed = (plan.entry, plan.subject, plan.tenant_id, plan.event, plan.body, *self._keep)
        return int(await self._run("plan", self.courier, *fixed, *plan.arguments()))

    async def claim(self, *, room: int, slots: int = 0) -> tuple[list[Claimed], float | None]:
        """Up to ``room`` due deliveries, and the seconds until the next one is due (None: none is scheduled).

        ``slots`` are those this courier has, ``room`` of them free; 0: all of them. The fewer are free, the fewer
        one tenant may have in flight.
        """
        answer = await self._run("claim", self.courier, room, slots or room)
        wait_ms, parts = int(answer[0]), answer[1:]
        found = [_claimed(parts[at : at + 9]) for at in range(0, len(parts), 9)]
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
        duration_seconds: float = 0.0,
        endpoint_was: Verdict = "",
    ) -> Finished:
        """Record an attempt's end; nothing is changed when the claim was taken away meanwhile."""
        report = (ending, int(delay_seconds * 1000), status, error, detail, int(duration_seconds * 1000), endpoint_was)
        answer = await self._run("finish", self.courier, claimed.id, claimed.claim, *report, *self._keep)
        return Finished(fresh=bool(answer[0]), **_failing(answer[1:]))

    async def get(self, found_id: str) -> Delivery | None:
        """The delivery, or None when it is unknown or expired."""
        fields = await cast(Any, self._redis.hgetall(f"delivery:{found_id}"))
        return decode_delivery(found_id, fields) if fields else None

    @property
    def _taken(self) -> str:
        return f"deliveries:taken:{self.courier}"

    async def _run(self, name: str, *arguments: Any) -> Any:
        found = scripts.script(name)
        try:
            return await cast(Any, self._redis.evalsha(found.sha1, 0, *arguments))
        except NoScriptError:
            return await cast(Any, self._redis.eval(found.text, 0, *arguments))


def _failing(parts: list[Any]) -> dict[str, int]:
    return {"failing_since_ms": int(parts[0]), "failures": int(parts[1])} if parts else {}


def _claimed(parts: list[Any]) -> Claimed:
    found_id, claim, tenant_id, endpoint_id, url, event, subject, body, attempts = parts
    return Claimed(
        id=found_id.decode(),
        claim=int(claim),
        tenant_id=tenant_id.decode(),
        endpoint_id=endpoint_id.decode(),
        url=url.decode(),
        event=event.decode(),
        subject=subject.decode(),
        body=body,
        attempts=int(attempts),
    )
