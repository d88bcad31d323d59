"""The yardstick: a FastAPI endpoint that gives the body back, served as the engine's API is, by one process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from fastapi import FastAPI, Request, Response
from ports import free_port, wait_until


def application() -> FastAPI:
    """Nothing but the echo."""
    app = FastAPI(redoc_url=None)

    @app.post("/echo")
    async def echo(request: Request) -> Response:
        return Response(await request.body(), media_type="application/json")

    return app


@contextmanager
def serving() -> Iterator[str]:
    """The URL of the endpoint, for as long as the block lasts."""
    port = free_port()
    process = subprocess.Popen([sys.executable, __file__, str(port)])
    url = f"http://127.0.0.1:{port}/echo"
    try:
        wait_until(lambda: httpx.post(url, content=b"1").status_code == 200, seconds=20, what="the bare endpoint")
        yield url
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    uvicorn.run(
        application(),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_level="warning",
    )
