"""Batches: many inputs handed in together, and their results in the same order."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Literal
from urllib.parse import quote

import httpx

from cloche._deadline import Deadline
from cloche._errors import ApiError, InputNotSendable, WaitTimedOut
from cloche._inputs import key_header, to_json
from cloche._transport import Request, Transport

BatchStatus = Literal["running", "canceling", "completed", "canceled"]
ENDED: frozenset[str] = frozenset({"completed", "canceled"})

FIRST_LOOK_SECONDS = 0.1
LATER_LOOK_SECONDS = 2.0
CHECK_SECONDS = 120.0  # the engine checks every line before it answers

_NOTHING = object()  # where there are more ids than inputs, or fewer


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of one input. ``output`` is what predict_single returned; ``error`` says why there is none."""

    index: int
    id: str | None
    status: Literal["succeeded", "failed", "canceled", "expired"]
    output: Any = None
    error: Mapping[str, str] | None = None
    predict_seconds: float | None = None


class Batch:
    """A batch on the engine. Holds what was last heard of it."""

    def __init__(self, data: Mapping[str, Any], *, transport: Transport) -> None:
        self._data = dict(data)
        self._transport = transport

    def __repr__(self) -> str:
        return f"<Batch {self.id} of {self.model!r}, {self.total} inputs, last seen {self._data['status']}>"

    def __len__(self) -> int:
        return self.total

    @property
    def id(self) -> str:
        """The engine's name for it."""
        return str(self._data["id"])

    @property
    def model(self) -> str:
        """The model's name."""
        return str(self._data["model"])

    @property
    def total(self) -> int:
        """How many inputs it has."""
        return int(self._data["total"])

    @property
    def status(self) -> BatchStatus:
        """Where it stands now. Asks the engine, unless it has ended."""
        status: BatchStatus = self.refresh().to_dict()["status"]
        return status

    @property
    def ended(self) -> bool:
        """True when every input has its result. Goes by what was last heard; asks nobody."""
        return self._data["status"] in ENDED

    @property
    def counts(self) -> dict[str, int]:
        """How many inputs are where, as last heard: queued, running, succeeded, failed, canceled, expired."""
        names = ("queued", "running", "succeeded", "failed", "canceled", "expired")
        return {name: int(self._data[name]) for name in names}

    def to_dict(self) -> dict[str, Any]:
        """The engine's JSON as last heard."""
        return dict(self._data)

    def refresh(self) -> Batch:
        """Ask the engine where it stands, unless it has ended."""
        if not self.ended:
            self._data = self._transport.send(Request("GET", self._path)).json()
        return self

    def wait(self, timeout: float | None = None) -> Batch:
        """Return once every input has its result. Raises WaitTimedOut after ``timeout`` seconds; it goes on then."""
        deadline = Deadline(timeout)
        pause = FIRST_LOOK_SECONDS
        while not self.refresh().ended:
            if deadline.passed:
                raise WaitTimedOut(f"Batch {self.id} is still {self._data['status']} after {timeout:g} s.")
            self._transport.sleep(min(pause, deadline.left_seconds))
            pause = min(LATER_LOOK_SECONDS, pause * 1.5)
        return self

    def results(self, timeout: float | None = None) -> Iterator[BatchResult]:
        """Wait, then every result in the order of the inputs, read as it is asked for.

        An input that failed is among them with its error: nothing is raised for it.
        """
        self.wait(timeout)
        return self.results_so_far()

    def results_so_far(self) -> Iterator[BatchResult]:
        """The results there are already, in the order of the inputs, without a gap. Does not wait."""
        heard, tries = 0, self._transport.tries()
        while True:
            try:
                with self._transport.open(Request("GET", f"{self._path}/results")) as response:
                    for number, line in enumerate(_lines(response.iter_bytes())):
                        if number >= heard:  # what was heard before the connection broke is not told again
                            yield _result(json.loads(line))
                            heard, tries = number + 1, self._transport.tries()
                return
            except (ApiError, httpx.TransportError) as exc:
                self._transport.pause(exc, tries)

    def cancel(self) -> Batch:
        """Ask for its end: what has not run is canceled, what runs is killed. One that ended stays as it is."""
        try:
            self._data = self._transport.send(Request("POST", f"{self._path}/cancel")).json()
        except ApiError as exc:
            if exc.code != "batch_not_cancelable":  # it ended in the meantime, which is what was wanted
                raise
            self.refresh()
        return self

    @property
    def _path(self) -> str:
        return f"/v1/batches/{quote(self.id, safe='')}"


def batch_request(
    model: str,
    inputs: Iterable[object],
    *,
    ids: Sequence[str] | None = None,
    options: Mapping[str, Any],
    idempotency_key: str | None = None,
) -> Request:
    """The request that opens a batch. Raises InputNotSendable, with the input's place."""
    _must_be_many(inputs)
    headers = {"Content-Type": "application/jsonl", "Idempotency-Key": key_header(idempotency_key)}
    return Request(
        "POST",
        f"/v1/models/{quote(model, safe='')}/batches",
        headers=headers,
        params={name: str(value) for name, value in options.items() if value is not None},
        content=b"".join(_line(number, *named) for number, named in enumerate(_named(inputs, ids))),
        read_seconds=CHECK_SECONDS,
    )


def _must_be_many(inputs: Iterable[object]) -> None:
    """Python goes through a text letter by letter and through a dict key by key; nobody means that as inputs."""
    if isinstance(inputs, (str, bytes, bytearray, memoryview, Mapping)):
        kind = type(inputs).__name__
        raise InputNotSendable(f"a batch is many inputs, and this is one {kind}", instead="Pass a list of inputs.")


def _named(inputs: Iterable[object], ids: Sequence[str] | None) -> Iterator[tuple[object, str | None]]:
    """Each input with the name it was given."""
    if ids is None:
        yield from ((value, None) for value in inputs)
        return
    for value, name in zip_longest(inputs, ids, fillvalue=_NOTHING):
        if value is _NOTHING or not isinstance(name, str):
            raise InputNotSendable("its ids are not one text for each input", instead="Give each input one, or none.")
        yield value, name


def _line(number: int, value: object, name: str | None) -> bytes:
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise InputNotSendable(f"input {number} is bytes, and a batch is JSON; encode it, for example as base64")
    try:
        return to_json({"input": value} if name is None else {"input": value, "id": name}) + b"\n"
    except InputNotSendable as exc:
        raise InputNotSendable(f"input {number}: {exc.reason}") from exc


def _result(data: Mapping[str, Any]) -> BatchResult:
    output = data["output"]
    if data["output_encoding"] == "base64":
        output = base64.b64decode(output)
    return BatchResult(
        index=data["index"],
        id=data["id"],
        status=data["status"],
        output=output,
        error=data["error"],
        predict_seconds=data["predict_seconds"],
    )


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Whole lines. Not str.splitlines: JSON may hold what that takes for a line's end."""
    held = bytearray()
    for piece in pieces:
        held += piece
        *whole, rest = held.split(b"\n")
        yield from map(bytes, whole)
        held = bytearray(rest)
