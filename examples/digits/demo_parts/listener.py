"""A listener on loopback that receives webhooks."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook as it arrived: only the exact bytes and headers can be verified."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Listener:
    """Where to send webhooks, and those that came."""

    url: str
    deliveries: queue.Queue[Delivery]


@contextmanager
def listening() -> Iterator[Listener]:
    """A listener on a free port for as long as the block runs."""
    deliveries: queue.Queue[Delivery] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            deliveries.put(Delivery(dict(self.headers), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the standard library
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield Listener(f"http://127.0.0.1:{server.server_port}/hook", deliveries)
    finally:
        server.shutdown()
        server.server_close()
