"""What a sandbox may say, as fixed shapes. Everything that arrives is hostile."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from sandbox.runner import frames

# No longer than a runner makes them: a header that a model forged stores nothing that no runner would say.
_Sentence = Annotated[str, msgspec.Meta(max_length=frames.MESSAGE_MAX_CHARS)]
_Traceback = Annotated[str, msgspec.Meta(max_length=frames.TRACEBACK_MAX_CHARS)]
_Name = Annotated[str, msgspec.Meta(max_length=frames.NAME_MAX_CHARS)]
_Names = Annotated[list[_Name], msgspec.Meta(max_length=frames.NAMES_LISTED)]
_Size = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Shape = Annotated[list[_Size], msgspec.Meta(max_length=frames.SHAPE_MAX_SIZES)]


class Violated(Exception):
    """What arrived is not what a runner sends."""


class Closed(Exception):
    """The sandbox's end is gone."""


class Hello(msgspec.Struct, tag_field="op", tag="hello", forbid_unknown_fields=True):
    """The runner is up, torch imported; with a GPU, it computed something there."""

    protocol: int
    gpus: int = 0


class Loaded(msgspec.Struct, tag_field="op", tag="bound", forbid_unknown_fields=True):
    """The version is loaded."""

    load: Literal["meta", "plain"]
    logs: str = ""


class Mismatch(msgspec.Struct, forbid_unknown_fields=True):
    """One tensor of another shape."""

    name: _Name
    expected: _Shape
    found: _Shape


class Detail(msgspec.Struct, forbid_unknown_fields=True):
    """Which weights don't fit."""

    missing: _Names = []
    unexpected: _Names = []
    mismatched: Annotated[list[Mismatch], msgspec.Meta(max_length=frames.NAMES_LISTED)] = []


class LoadFailed(msgspec.Struct, tag_field="op", tag="load_failed", forbid_unknown_fields=True):
    """The version can't be loaded."""

    kind: Literal["load_error", "weights_mismatch", "weights_invalid", "out_of_memory", "out_of_processes", "crashed"]
    message: _Sentence
    traceback: _Traceback = ""
    logs: str = ""
    logs_truncated: bool = False
    detail: Detail = msgspec.field(default_factory=Detail)


class Request(msgspec.Struct):
    """One call's header, from us to the runner."""

    id: str
    kind: str


class Answer(msgspec.Struct, tag_field="op", tag="answer", forbid_unknown_fields=True):
    """One call's ending, in the runner's words; the output is the frame's body."""

    id: str
    kind: Literal[
        "succeeded",
        "model_error",
        "output_not_serialisable",
        "output_too_large",
        "out_of_memory",
        "out_of_processes",
        "crashed",  # on a GPU: the device faulted, and nothing runs on it any more in this process
    ]
    out: Literal["json", "bytes"] = "json"
    message: _Sentence = ""
    traceback: _Traceback = ""
    logs: str = ""
    logs_truncated: bool = False


Message = Hello | Loaded | LoadFailed | Answer
_HEADER = msgspec.json.Decoder(Message)
_REQUEST = msgspec.json.Encoder()
_ANY_ANSWER = _REQUEST.encode(Answer("job_rehearsal", "succeeded"))
_ANY_JSON = msgspec.json.Decoder(msgspec.Raw)


def ask(call_id: str, kind: str) -> bytes:
    """The header of one call."""
    return _REQUEST.encode(Request(call_id, kind))


def decode(header: bytes | bytearray) -> Message:
    """The message in a frame's header. Raises Violated."""
    try:
        message: Message = _HEADER.decode(header)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as exc:
        raise Violated("a frame's header is not what a runner sends") from exc
    return message


def plain(detail: Detail) -> dict[str, object]:
    """The lists as JSON-able values; empty when there is nothing in them."""
    values: dict[str, object] = msgspec.to_builtins(detail)
    return values if any(values.values()) else {}


def check_json(body: bytes) -> None:
    """Raise Violated unless ``body`` is one JSON value that anybody parses: not deep, no endless numbers."""
    try:
        body.decode()
        _ANY_JSON.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as exc:
        raise Violated("the output is not JSON") from exc
    if frames.too_deep(body):
        raise Violated("the output is nested deeper than a runner sends")
    if frames.number_too_long(body):
        raise Violated("the output holds a number longer than a runner sends")


def rehearse() -> None:
    """Read an answer nobody sent. What a processor did last is at hand in its caches: the real one is read faster."""
    decode(_ANY_ANSWER)
    check_json(b"[0]")
