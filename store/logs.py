"""How every process of the server logs: one JSON object a line on stderr, and of an exception its kind and places only.

A traceback with its values, or an exception's text, would show what tenants sent, and secrets.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import traceback
from types import TracebackType
from typing import TextIO, cast

import structlog
from structlog.typing import EventDict, WrappedLogger

FRAMES = 12  # of a traceback, the innermost


def configure_logs() -> None:
    """Events and the libraries' warnings alike. Entry points call it first."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            without_values,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", Unfailing(sys.stderr))),
        cache_logger_on_first_use=True,
    )


class Unfailing:
    """Drops what can't be written: on a full disk no request and no thread fails for its log line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """As a stream's own."""
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """As a stream's own."""
        with contextlib.suppress(OSError):
            self._stream.flush()


def without_values(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Replace an exception by its kind, and the files and lines it came through."""
    given = event.pop("exc_info", None)
    if not given:
        return event
    kind, trace = _parts(given)
    frames = traceback.extract_tb(trace, limit=-FRAMES)
    event["exception"] = kind
    event["places"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return event


def _parts(given: object) -> tuple[str, TracebackType | None]:
    if isinstance(given, BaseException):
        return type(given).__name__, given.__traceback__
    kind, _, trace = given if isinstance(given, tuple) else sys.exc_info()
    return (kind.__name__ if kind else "?"), trace
