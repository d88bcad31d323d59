"""Requests to one engine: authenticated, retried where that is safe, errors as exceptions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from cloche._deadline import Deadline
from cloche._errors import ApiError, ConnectionFailed
from cloche._problems import error_from
from cloche._retry import NOT_NOW, UNKNOWN, Retry, Tries, retry_after_seconds
from cloche._version import __version__

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
# What an answer that was asked to wait may take on top of the wait.
WAIT_MARGIN_SECONDS = 15.0

# The connection was never made: nothing was sent, so any request may be sent again.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Request:
    """One request. ``repeatable`` is True when carrying it out twice is the same as once.

    ``files`` makes the multipart parts anew for each attempt, since a file is read to its end by one.
    """

    method: str
    path: str
    repeatable: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    data: Mapping[str, str] | None = None
    files: Callable[[], Mapping[str, Any]] | None = None
    read_seconds: float = READ_SECONDS


class Transport:
    """A pool of connections to one engine. Safe to share between threads; not across a fork."""

    def __init__(self, *, url: str, api_key: str, retry: Retry) -> None:
        self.url = url
        self._retry = retry
        self._answered = False  # whether it ever was: an engine that goes away comes back, one that never was may not
        headers = {"Authorization": f"Bearer {api_key}", "User-Agent": f"cloche-python/{__version__}"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=httpx.Timeout(READ_SECONDS))

    def close(self) -> None:
        """Close the connections. Safe to call twice."""
        self._http.close()

    def send(self, request: Request, *, deadline: Deadline | None = None) -> httpx.Response:
        """The answer, below 400. Raises ApiError for the others, ConnectionFailed when there is none.

        Sends again after an answer that says "not now", after a connection that was never made, and,
        where the request is repeatable, after one that broke; never past the deadline.
        """
        until = deadline or Deadline(None)
        tries = self.tries()
        while True:
            outcome = self._attempt(request)
            if isinstance(outcome, httpx.Response) and outcome.status_code < 400:
                return outcome
            pause = self._pause(outcome, request, tries)
            if pause is None or pause >= until.left_seconds:
                raise self._error(outcome)
            self._retry.sleep(pause)

    @contextmanager
    def open(self, request: Request) -> Iterator[httpx.Response]:
        """An answer that is read as it comes; closed with the block. One attempt.

        Raises ApiError for answers of 400 and more, httpx.TransportError when the connection breaks.
        """
        timeout = httpx.Timeout(request.read_seconds, connect=CONNECT_SECONDS)
        with self._http.stream(request.method, request.path, headers=request.headers, timeout=timeout) as response:
            self._answered = True
            if response.status_code >= 400:
                response.read()
                raise error_from(response)
            yield response

    def tries(self) -> Tries:
        """To count the attempts of one request."""
        return Tries(self._retry)

    def sleep(self, seconds: float) -> None:
        """Sleep between two looks."""
        self._retry.sleep(seconds)

    def pause(self, failure: ApiError | httpx.TransportError, tries: Tries) -> None:
        """Sleep before another attempt, or raise what went wrong where another would not help."""
        pause = None
        if isinstance(failure, httpx.TransportError):
            pause = tries.pause_seconds(away=self._answered)
        elif failure.status in NOT_NOW | UNKNOWN:
            pause = tries.pause_seconds(asked_seconds=failure.retry_after_seconds, away=failure.status in UNKNOWN)
        if pause is None:
            raise failure if isinstance(failure, ApiError) else self._error(failure)
        self._retry.sleep(pause)

    def _attempt(self, request: Request) -> httpx.Response | httpx.TransportError:
        timeout = httpx.Timeout(request.read_seconds, connect=CONNECT_SECONDS)
        try:
            answer = self._http.request(
                request.method,
                request.path,
                headers=request.headers,
                params=request.params or None,
                content=request.content,
                data=request.data,
                files=request.files() if request.files else None,
                timeout=timeout,
            )
        except httpx.TransportError as exc:
            return exc
        self._answered = True
        return answer

    def _pause(self, outcome: httpx.Response | httpx.TransportError, request: Request, tries: Tries) -> float | None:
        if isinstance(outcome, httpx.Response):
            if outcome.status_code in NOT_NOW or (outcome.status_code in UNKNOWN and request.repeatable):
                asked = retry_after_seconds(outcome.headers.get("Retry-After"))
                return tries.pause_seconds(asked_seconds=asked, away=outcome.status_code in UNKNOWN)
            return None
        if request.repeatable or isinstance(outcome, _NOT_SENT):
            return tries.pause_seconds(away=self._answered)
        return None

    def _error(self, outcome: httpx.Response | httpx.TransportError) -> Exception:
        if isinstance(outcome, httpx.Response):
            return error_from(outcome)
        failure = ConnectionFailed(self.url, str(outcome) or type(outcome).__name__)
        failure.__cause__ = outcome
        return failure
