"""The tenant's view of an exception: its own frames and those below, nothing of the runner."""

from __future__ import annotations

import io
import linecache
import traceback

from sandbox.runner import frames

FILENAME = "model.py"
_NAME_MAX_CHARS = 200
_LEFT_OUT = "\n  ...\n"


def register_source(text: str) -> None:
    """Let tracebacks quote the source, which is no file in the container.

    Its lines are those that Python counts, and end as a file's do: str.splitlines also ends them at form feeds and at
    separators that stand in texts, and every line below would be another one's.
    """
    lines = io.StringIO(text, newline=None).readlines()
    linecache.cache[FILENAME] = (len(text), None, lines, FILENAME)


def message(exc: BaseException) -> str:
    """``ValueError: what it said``, bounded. Survives exceptions whose ``__str__`` raises or returns no plain text."""
    try:
        text = _exactly(str(exc))
    except BaseException:
        text = "<its text can't be read: __str__ raised>"
    name = type_name(exc)
    return _encodable((f"{name}: {text}" if text else name)[: frames.MESSAGE_MAX_CHARS])[: frames.MESSAGE_MAX_CHARS]


def type_name(value: object) -> str:
    """What its class was called, bounded; asked of the class itself, past a metaclass that answers in its place."""
    return name_of(type(value))


def name_of(cls: type) -> str:
    """The same of a class."""
    return _exactly(type.__dict__["__name__"].__get__(cls))[:_NAME_MAX_CHARS]


def _encodable(text: str) -> str:
    """A lone surrogate is no character: no frame carries it, and no client reads it. It is spelled out."""
    return text.encode("utf-8", "backslashreplace").decode()


def _exactly(text: str) -> str:
    """The same characters as a plain str: a subclass brings methods of its own, and they run wherever it is used."""
    return str.__str__(text)


def traceback_text(exc: BaseException) -> str:
    """The traceback from the first frame of model.py on, causes included, bounded in the middle."""
    try:
        report = traceback.TracebackException.from_exception(exc, limit=-60)
        _drop_runner_frames(report, seen=set())
        text = "".join(report.format())
    except BaseException:  # the exception's own code runs while it is formatted
        text = message(exc)
    half = (frames.TRACEBACK_MAX_CHARS - len(_LEFT_OUT)) // 2
    for _ in range(2):  # what can't be encoded grows when it is spelled out
        if len(text) > frames.TRACEBACK_MAX_CHARS:
            text = f"{text[:half]}{_LEFT_OUT}{text[-half:]}"
        text = _encodable(text)
    return text if len(text) <= frames.TRACEBACK_MAX_CHARS else text[: frames.TRACEBACK_MAX_CHARS]


def _drop_runner_frames(report: traceback.TracebackException, *, seen: set[int]) -> None:
    if id(report) in seen:
        return
    seen.add(id(report))
    own = next((i for i, frame in enumerate(report.stack) if frame.filename == FILENAME), len(report.stack))
    del report.stack[:own]
    for nested in (report.__cause__, report.__context__, *(report.exceptions or ())):
        if nested is not None:
            _drop_runner_frames(nested, seen=seen)
