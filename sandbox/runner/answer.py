"""One call: decode the input, ask the model, encode what it said. Never raises."""

from __future__ import annotations

from _json import encode_basestring, make_encoder
from collections.abc import Callable
from typing import Any

import numpy
import torch

from sandbox.runner import frames, lean, tenant
from sandbox.runner.gpu import Ending, Gpu
from sandbox.runner.processes import ProcessLimit

Reply = dict[str, Any]

_TOO_LONG = f"The output holds a number of more than {frames.NUMBER_MAX_DIGITS} digits. Return it as text."


class Refused(Exception):
    """The output can't travel; the message says why."""


class Answerer:
    """Asks one model, call after call."""

    def __init__(self, predict: Callable[[Any], Any], *, output_bytes: int, gpu: Gpu | None = None) -> None:
        self._predict = predict if gpu is None else gpu.answering(predict)
        self._gpu = gpu
        self._output_bytes = output_bytes
        self._processes = ProcessLimit()

    def answer(self, kind: str, payload: bytes) -> tuple[Reply, bytes]:
        """The answer's header without its id, and its body."""
        try:
            output = self._predict(_decode(kind, payload))
        except BaseException as exc:  # SystemExit and KeyboardInterrupt too: a model can't end the runner by raising
            return self._told(self._raised, exc), b""
        try:
            out, body = _encode(output)
        except BaseException as exc:  # code of the tenant's own types runs in there
            return self._told(lambda raised: self._not_encoded(raised, output), exc), b""
        if len(body) > self._output_bytes:
            message = f"The output is {len(body)} bytes; at most {self._output_bytes} are allowed. Return less."
            return {"kind": "output_too_large", "message": message}, b""
        return {"kind": "succeeded", "out": out}, body

    def _told(self, tell: Callable[[BaseException], Reply], exc: BaseException) -> Reply:
        """The error in our words. It may be of a class whose own code raises when it is looked at."""
        try:
            return tell(exc)
        except BaseException:
            return {"kind": "model_error", "message": tenant.message(exc)}

    def _not_encoded(self, exc: BaseException, output: Any) -> Reply:
        ending = self._gpu.ending(exc) if self._gpu is not None else None
        return _unserialisable(exc, output) if ending is None else _on_gpu(exc, ending)

    def _raised(self, exc: BaseException) -> Reply:
        if self._gpu is not None and (ending := self._gpu.ending(exc)) is not None:
            return _on_gpu(exc, ending)
        message = tenant.message(exc)
        kind = "model_error"
        if isinstance(exc, NotImplementedError) and "Meta" in message:
            lean.complete()  # too late for this call; the next one finds the kernel
        if isinstance(exc, MemoryError) or "can't allocate memory" in message:
            kind = "out_of_memory"
        elif isinstance(exc, OSError | RuntimeError) and self._processes.was_hit():
            kind = "out_of_processes"
        return {"kind": kind, "message": message, "traceback": tenant.traceback_text(exc)}


def _on_gpu(exc: BaseException, ending: Ending) -> Reply:
    """The GPU is told apart in the message: its memory is not the sandbox's, and its faults come late."""
    message = tenant.message(exc)
    if ending == "crashed":
        message = f"The GPU faulted, in this line or one before it: {message}"[: frames.MESSAGE_MAX_CHARS]
    return {"kind": ending, "message": message, "traceback": tenant.traceback_text(exc)}


def _decode(kind: str, payload: bytes) -> Any:
    if kind == "json":
        return frames.parse(payload)
    return payload.decode("utf-8", "replace") if kind == "text" else payload


def _encode(output: Any) -> tuple[str, bytes]:
    if isinstance(output, bytes | bytearray | memoryview):
        # What is in them, not what a subclass makes of itself when it is asked for bytes.
        return "bytes", output if type(output) is bytes else bytes(memoryview(output))
    body = "".join(_encoder()(output, 0)).encode()
    if frames.too_deep(body):
        raise RecursionError
    if frames.number_too_long(body):
        raise Refused(_TOO_LONG)
    return "json", body


def _plain(value: Any) -> Any:
    """JSON's shape of what models commonly return. Called by the encoder for what it doesn't know."""
    if isinstance(value, torch.Tensor):
        if value.is_sparse or value.is_quantized:
            raise Refused("A sparse or quantized tensor was returned. Return it as an ordinary one, or as a list.")
        return value.detach().cpu().tolist()
    if isinstance(value, numpy.ndarray | numpy.generic):
        return value.tolist()
    raise Refused(
        f"The output holds a {tenant.type_name(value)}, which is not JSON. "
        "Return str, int, float, bool, None, lists and dicts of them, tensors, arrays, or bytes alone."
    )


def _encoder() -> make_encoder:
    """What ``JSONEncoder(ensure_ascii=False, separators=(",", ":"))`` makes for each value, at a third of its cost.

    NaN and infinity are not JSON, and half of all clients choke on them: refused, with a sentence.
    """
    return make_encoder({}, _plain, encode_basestring, None, ":", ",", False, False, False)


def _unserialisable(exc: BaseException, output: Any) -> Reply:
    if isinstance(exc, MemoryError):
        return {"kind": "out_of_memory", "message": "There is not enough memory to turn the output into JSON."}
    message = str(exc)[: frames.MESSAGE_MAX_CHARS] if isinstance(exc, Refused) else _reason(exc, output)
    return {"kind": "output_not_serialisable", "message": message}


def _reason(exc: BaseException, output: Any) -> str:
    if isinstance(exc, RecursionError):
        return "The output is nested too deeply for JSON, or contains itself. Return a flatter structure."
    if isinstance(exc, UnicodeEncodeError):
        return "The output holds text that is not valid Unicode (a lone surrogate). Clean it, or return bytes."
    if isinstance(exc, ValueError) and "JSON compliant" in str(exc):
        return "The output holds NaN or infinity, which JSON can't carry. Replace them, for example by None."
    if isinstance(exc, ValueError) and "integer string conversion" in str(exc):
        return _TOO_LONG  # Python's own words name a switch that the policy closes
    reason = f"The output ({tenant.type_name(output)}) can't be turned into JSON: {tenant.message(exc)}"
    return reason[: frames.MESSAGE_MAX_CHARS]
