"""A real HTTP server whose answers a test writes down beforehand: for what a healthy engine never says."""

from __future__ import annotations

import json
import threading
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say; ``cut`` closes the connection instead of saying anything."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Script:
    """Answers by ``"METHOD /path"``, in order; the last one is given again and again."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[Asked] = []
        self._answers: dict[str, deque[Answer]] = defaultdict(deque)

    def on(self, route: str, *answers: Answer) -> None:
        """Write down what ``route`` answers."""
        self._answers[route].extend(answers)

    def to(self, route: str) -> list[Asked]:
        """The requests that came to ``route``."""
        return [asked for asked in self.asked if f"{asked.method} {asked.path.partition('?')[0]}" == route]

    def next(self, route: str) -> Answer:
        answers = self._answers[route]
        if not answers:
            return Answer(404, {"code": "not_found", "detail": f"The script has no answer to {route}."})
        return answers.popleft() if len(answers) > 1 else answers[0]


@contextmanager
def scripted() -> Iterator[Script]:
    """A server on a free port of loopback for as long as the block runs."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            script.asked.append(Asked(self.command, self.path, dict(self.headers), body))
            answer = script.next(f"{self.command} {self.path.partition('?')[0]}")
            if answer.cut:
                self.close_connection = True
                return
            content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = handle_any  # noqa: N815 - the name in the standard library
        do_POST = handle_any  # noqa: N815 - the name in the standard library

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the standard library
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script = Script(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
