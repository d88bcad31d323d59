"""GET /v1/jobs/{id}/events: a job's life as server-sent events, until its end.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.auth import Principal
from api.departures import departed
from api.errors import Problem, problem_response
from api.jobs import find_job
from api.news import ALL, BEGINNING, Cursor, news, read_cursor
from api.parts import Parts, parts_of
from api.queries import Query, invalid
from api.targets import owns_version
from store.errors import StoreError

STREAMS_PER_TENANT = 100  # open at one time in one API process; each holds a connection
HEARTBEAT_SECONDS = 15.0  # proxies close what is silent for longer than a minute, some after half of that
LOOK_SECONDS = 5.0  # how long a stream trusts its bell
SEND_SECONDS = 30.0  # a client that takes nothing for so long is given up
END_SECONDS = 300.0  # for taking the result, which may be large, over a slow line
RETRY_MILLISECONDS = 1000

HEADERS = {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",  # asks nginx, and what imitates it, to pass on every event at once
}


async def events(request: Request) -> Response:
    """What happens to the job, as it happens: status, printed text, and in the end the job itself."""
    parts = parts_of(request)
    principal = await parts.auth.current(request)
    cursor = _cursor(request)
    job = await find_job(parts, principal, request.path_params["id"])
    if cursor.over:
        return Response(status_code=204)  # tells an EventSource to stop coming back
    return EventStream(parts, request, principal, job_id=job.id, cursor=cursor)


def _cursor(request: Request) -> Cursor:
    """Where to go on: by the header, which a browser that returns sends, else by the query. Both have to be right."""
    asked = Query(request, ("last_event_id",)).text("last_event_id")
    cursors = [read_cursor(given) for given in (request.headers.get("last-event-id"), asked) if given]
    if None in cursors:
        raise invalid("Last-Event-ID", "Last-Event-ID takes the id of an event of this job, unchanged, or is left out.")
    return next((cursor for cursor in cursors if cursor is not None), Cursor())


class EventStream(Response):
    """One listener. Nothing is piled up for it: it reads what is new when it is ready for more.

    Ends with the job, when its client goes away or takes nothing any more, when its key is no longer in force, and
    when the process has to stop; a client that comes back with the last id goes on from there.
    """

    def __init__(self, parts: Parts, request: Request, principal: Principal, *, job_id: str, cursor: Cursor) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self._parts = parts
        self._request = request
        self._principal = principal
        self._job_id = job_id
        self._cursor = cursor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it until one of its ends."""
        try:
            with self._place():
                await self._serve(receive, send)
        except Problem as problem:
            await problem_response(problem)(scope, receive, send)

    @contextmanager
    def _place(self) -> Iterator[None]:
        streams, tenant_id = self._parts.streaming, self._principal.tenant_id
        if streams[tenant_id] >= STREAMS_PER_TENANT:
            detail = f"{STREAMS_PER_TENANT} event streams of this tenant are open already; close some."
            raise Problem("too_many_streams", detail, limit=STREAMS_PER_TENANT, headers={"retry-after": "5"})
        streams[tenant_id] += 1
        self._parts.metrics.streams.inc()
        try:
            yield
        finally:
            self._parts.metrics.streams.dec()
            streams[tenant_id] -= 1
            if not streams[tenant_id]:
                del streams[tenant_id]

    async def _serve(self, receive: Receive, send: Send) -> None:
        pump = asyncio.ensure_future(self._pump(send))
        gone = asyncio.ensure_future(departed(receive))
        self._parts.waiting.add(pump)
        try:
            await asyncio.wait((pump, gone), return_when=asyncio.FIRST_COMPLETED)
            if pump.done() and not pump.cancelled():
                pump.result()
            if pump.done():
                await _send(send, b"", more=False, seconds=END_SECONDS)
        finally:
            self._parts.waiting.discard(pump)
            for task in (pump, gone):
                task.cancel()
            await asyncio.gather(pump, gone, return_exceptions=True)

    async def _pump(self, send: Send) -> None:
        """Send the events; returns when there will be no more of them."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await _send(send, f"retry: {RETRY_MILLISECONDS}\n\n".encode())
        if self._parts.closing:
            return
        loop = asyncio.get_running_loop()
        try:
            async with self._parts.jobs.following.follow(self._principal.tenant_id, self._job_id) as bell:
                beat_at = loop.time() + HEARTBEAT_SECONDS
                while await self._tell(send):
                    if loop.time() >= beat_at:
                        beat_at = loop.time() + HEARTBEAT_SECONDS
                        await self._check_key()
                        await _send(send, b": alive\n\n")
                    await _rung(bell, min(LOOK_SECONDS, beat_at - loop.time()))
        except (StoreError, Problem):
            return  # the client comes back, and is told why it can't be served then

    async def _tell(self, send: Send) -> bool:
        """Send what is new; False when that was the last."""
        tenant_id, cursor = self._principal.tenant_id, self._cursor
        after = BEGINNING if cursor.entry == ALL else cursor.entry
        look = await self._parts.jobs.following.look(tenant_id, self._job_id, after=after)
        if look is None:
            return False
        for event in news(look, cursor, await self._parts.linker.links()):
            await _send(send, event.encode())
            self._cursor = event.cursor
        return not look.record.ended

    async def _check_key(self) -> None:
        """Raise a Problem when the key may not see the job any more."""
        headers = dict(self._request.scope["headers"])
        self._principal = await self._parts.auth.refreshed(self._principal, headers)
        job = await self._parts.jobs.get(self._principal.tenant_id, self._job_id)
        if job is not None and not await owns_version(self._parts, self._principal, job.version_id):
            raise Problem("job_not_found", "The key may not see this job any more.")


async def _send(send: Send, data: bytes, *, more: bool = True, seconds: float | None = None) -> None:
    try:
        async with asyncio.timeout(SEND_SECONDS if seconds is None else seconds):
            await send({"type": "http.response.body", "body": data, "more_body": more})
    except TimeoutError as exc:
        raise ClientDisconnect from exc


async def _rung(bell: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await bell.wait()
    except TimeoutError:
        pass
    bell.clear()
