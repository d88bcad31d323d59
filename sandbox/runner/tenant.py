"""The tenant's view of an exception: its own frames and those below, nothing of the runner."""

from __future__ import annotations

import linecache
import traceback

from sandbox.runner import frames

FILENAME = "model.py"


def register_source(text: str) -> None:
    """Let tracebacks quote the source, which is no file in the container."""
    linecache.cache[FILENAME] = (len(text), None, text.splitlines(keepends=True), FILENAME)


def message(exc: BaseException) -> str:
    """``ValueError: what it said``, bounded. Survives exceptions whose ``__str__`` raises."""
    try:
        text = str(exc)
    except BaseException:
        text = "<its text can't be read: __str__ raised>"
    name = type(exc).__name__
    return (f"{name}: {text}" if text else name)[: frames.MESSAGE_MAX_CHARS]


def traceback_text(exc: BaseException) -> str:
    """The traceback from the first frame of model.py on, causes included, bounded in the middle."""
    try:
        report = traceback.TracebackException.from_exception(exc, limit=-60)
        _drop_runner_frames(report, seen=set())
        text = "".join(report.format())
    except BaseException:  # the exception's own code runs while it is formatted
        text = message(exc)
    if len(text) > frames.TRACEBACK_MAX_CHARS:
        half = frames.TRACEBACK_MAX_CHARS // 2
        text = f"{text[:half]}\n  ...\n{text[-half:]}"
    return text


def _drop_runner_frames(report: traceback.TracebackException, *, seen: set[int]) -> None:
    if id(report) in seen:
        return
    seen.add(id(report))
    own = next((i for i, frame in enumerate(report.stack) if frame.filename == FILENAME), len(report.stack))
    del report.stack[:own]
    for nested in (report.__cause__, report.__context__, *(report.exceptions or ())):
        if nested is not None:
            _drop_runner_frames(nested, seen=seen)
