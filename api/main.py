"""``cloche-api``: serve the HTTP API."""

from __future__ import annotations

import signal
import socket
import sys

import uvicorn

from api.app import create_app
from api.settings import ApiSettings
from store.logs import configure_logs
from store.settings import StoreSettings

STOP_SECONDS = 15  # how long answers under way may take after a signal to stop
KEEP_ALIVE_SECONDS = 75  # longer than load balancers keep idle connections, so that they close first


class Server(uvicorn.Server):
    """uvicorn, but requests that wait for a job are answered at once when the process is told to stop."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Release who waits, then stop as usual."""
        parts = getattr(self.config.app.state, "parts", None)  # type: ignore[union-attr]  # always our FastAPI
        if parts is not None:
            parts.release()
        await super().shutdown(sockets)


def build_config(settings: ApiSettings, store: StoreSettings) -> uvicorn.Config:
    """How uvicorn serves the application."""
    return uvicorn.Config(
        create_app(store),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )


def main() -> None:
    """Serve until a signal says to stop. Exit status 0 then, 3 when it could not start, as uvicorn's own."""
    configure_logs()
    # uvicorn raises the signal that stopped it once more, under the handler from before: being told to
    # stop, and stopping, is success.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    server = Server(build_config(ApiSettings(), StoreSettings()))
    server.run()
    if not server.started:
        sys.exit(3)


if __name__ == "__main__":
    main()
