"""What a client orders with one job: the input and its options, read from either kind of body."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec

from api.bodies import is_json, media_type
from api.durations import read_duration
from api.errors import Problem
from api.queries import invalid
from store.destinations.guard import Refusal, read_url
from store.jobs.records import InputKind
from store.json_faults import json_fault

FORM = "application/x-www-form-urlencoded"
ENVELOPE_BYTES = 16_384  # what a JSON body may hold around its input
DEADLINE_SECONDS = 7 * 86_400  # the longest a job may wait in the queue, or live before it is canceled
CANCEL_AFTER_SECONDS = 1  # the reaper looks once a second
INTEGER_DIGITS = 4_300  # what Python parses by default (sys.int_info.default_max_str_digits)
_PIECE_BYTES = 1024 * 1024

N = TypeVar("N", int, float)

_LONG_NUMBER = re.compile(rb"[0-9]{%d}" % (INTEGER_DIGITS + 1))
_OPTIONS = frozenset({"webhook", "timeout_seconds", "deadline_seconds", "cancel_after_seconds", "version"})


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    input: msgspec.Raw
    webhook: str | None = None
    timeout_seconds: float | None = None
    deadline_seconds: float | None = None
    version: int | None = None
    cancel_after_seconds: float | None = None


_decode = msgspec.json.Decoder(_Body).decode


@dataclass(frozen=True, slots=True)
class Order:
    """One job as ordered. None means: as the model or the quota says."""

    kind: InputKind
    payload: bytes
    webhook: str | None = None
    timeout_seconds: float | None = None
    deadline_seconds: float | None = None
    version: int | None = None
    cancel_after_seconds: float | None = None


def read_order(headers: Mapping[bytes, bytes], query: bytes, body: bytes) -> Order:
    """The order in a request. Raises invalid_json or invalid_request."""
    order = _from_body(headers, query, body)
    cancel_after = headers.get(b"cancel-after")
    if cancel_after is not None:
        if order.cancel_after_seconds is not None:
            raise invalid("Cancel-After", "Cancel-After and cancel_after_seconds say the same; send one of them.")
        order = replace(order, cancel_after_seconds=read_duration("Cancel-After", cancel_after))
    return _checked(order)


def _from_body(headers: Mapping[bytes, bytes], query: bytes, body: bytes) -> Order:
    media, parameters = media_type(headers)
    if is_json(media):
        if query:
            raise Problem("invalid_request", "With a JSON body, options go into the body, not into the query.")
        return _from_json(body)
    if media.startswith("text/"):
        return _from_query(query, "text", _text(body, parameters.get("charset", "utf-8")))
    if media == FORM:
        _refuse_order_as_form(body)
    return _from_query(query, "bytes", body)


def _refuse_order_as_form(body: bytes) -> None:
    """Raises form_not_supported for a JSON order that ``curl -d`` sent as a form, which it does unless told otherwise.

    Anything else under that type is a raw input: nobody means it as a form.
    """
    try:
        _decode(body)
    except (msgspec.DecodeError, RecursionError):
        return
    detail = "The body is a JSON order sent as a form; with curl, add -H 'Content-Type: application/json'."
    raise Problem("form_not_supported", detail)


def _from_json(body: bytes) -> Order:
    try:
        if not body.isascii():
            body.decode()  # the decoder skims over the input and would let broken UTF-8 pass
        found = _decode(body)
    except msgspec.ValidationError as exc:
        detail = f'{exc}. The body is {{"input": …}} with {", ".join(sorted(_OPTIONS))}.'
        raise Problem("invalid_request", detail) from exc
    except UnicodeDecodeError as exc:
        raise Problem("invalid_json", f"The body is not UTF-8 at byte {exc.start}; JSON has to be.") from exc
    except RecursionError as exc:
        raise Problem("invalid_json", "The body is nested too deeply; about 900 levels are taken.") from exc
    except msgspec.DecodeError as exc:
        detail = f"It can't be read: {json_fault(exc, body)}. Send JSON, or the raw input under its own Content-Type."
        raise Problem("invalid_json", detail) from exc
    payload = bytes(found.input)
    if len(payload) > INTEGER_DIGITS and _LONG_NUMBER.search(payload):
        raise Problem("invalid_json", f"A number has more than {INTEGER_DIGITS:,} digits.")
    return Order(
        "json",
        payload,
        webhook=found.webhook,
        timeout_seconds=found.timeout_seconds,
        deadline_seconds=found.deadline_seconds,
        version=found.version,
        cancel_after_seconds=found.cancel_after_seconds,
    )


def _from_query(query: bytes, kind: InputKind, payload: bytes) -> Order:
    if not query:
        return Order(kind, payload)
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=10, errors="strict")
    except ValueError as exc:
        raise Problem("invalid_request", "The query can't be read.") from exc
    options = dict(pairs)
    for name, _ in pairs:
        if name not in _OPTIONS or len(options) != len(pairs):
            known = ", ".join(sorted(_OPTIONS))
            raise invalid(name, f"Query parameters are {known}, each at most once.")
    return Order(
        kind,
        payload,
        webhook=options.get("webhook"),
        timeout_seconds=_number("timeout_seconds", options, float),
        deadline_seconds=_number("deadline_seconds", options, float),
        version=_number("version", options, int),
        cancel_after_seconds=_number("cancel_after_seconds", options, float),
    )


def _number(name: str, options: Mapping[str, str], kind: Callable[[str], N]) -> N | None:
    value = options.get(name)
    if value is None:
        return None
    try:
        return kind(value)
    except ValueError as exc:
        raise invalid(name, f"{name} takes a number.") from exc


def _text(body: bytes, charset: str) -> bytes:
    if charset.lower() not in ("utf-8", "utf8", "us-ascii"):
        raise Problem("invalid_request", "Text inputs are UTF-8; send other encodings as application/octet-stream.")
    try:
        body.decode()
    except UnicodeDecodeError as exc:
        raise not_utf8(exc.start) from exc
    return body


def not_utf8(at: int) -> Problem:
    """The answer to text that isn't."""
    return Problem("invalid_request", f"The text is not UTF-8 at byte {at}; send bytes as application/octet-stream.")


def fingerprint(name: str, order: Order, file: Path | None = None) -> str:
    """What makes two orders the same one: the model, the options and the input, but not how they were spelled.

    With ``file``, the input is in there.
    """
    digest = hashlib.sha256(repr((name, order.kind, order.webhook, order.version)).encode())
    digest.update(repr((order.timeout_seconds, order.deadline_seconds, order.cancel_after_seconds)).encode())
    digest.update(order.payload)
    if file is not None:
        with file.open("rb") as opened:
            while piece := opened.read(_PIECE_BYTES):
                digest.update(piece)
    return digest.hexdigest()[:32]


def _checked(order: Order) -> Order:
    if order.timeout_seconds is not None:
        within("timeout_seconds", order.timeout_seconds, math.inf)
    if order.deadline_seconds is not None:
        within("deadline_seconds", order.deadline_seconds, DEADLINE_SECONDS)
    if order.cancel_after_seconds is not None:
        within("cancel_after_seconds", order.cancel_after_seconds, DEADLINE_SECONDS, minimum=CANCEL_AFTER_SECONDS)
    if order.version is not None and order.version < 1:
        raise invalid("version", "Versions count from 1.")
    if order.webhook is not None:
        check_url(order.webhook)
    return order


def within(name: str, value: float, maximum: float, *, minimum: float = 0.001) -> None:
    """Raises invalid_request for the field ``name`` unless it is a number of seconds within these bounds."""
    # Below a millisecond nothing can be timed; NaN compares false and is refused with the rest.
    if not (minimum <= value <= maximum) or math.isinf(value):
        upper = "" if math.isinf(maximum) else f" and at most {maximum:,}"
        raise invalid(name, f"{name} takes a number of seconds, at least {minimum:g}{upper}.")


def check_url(url: str) -> None:
    """Refuse what can't be a webhook's address, read as it will be read. Where it leads is checked at delivery."""
    target = read_url(url)
    if isinstance(target, Refusal):
        raise invalid("webhook", target.message)
