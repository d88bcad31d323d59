"""The one address that everything hangs on, answered before the framework's layers are walked through.

Submitting a job is nearly every request there is. Routing, exit stacks and the layers for errors,
body limits and telemetry cost more than all of our own work on it (profiled: 22 of 36 samples), and it
needs none of them. The route stays in the table for the document, and answers the same.
"""

from __future__ import annotations

import re

from fastapi import FastAPI
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api import jobs
from api.edge import Edge
from api.errors import Problem, from_store, problem_response
from api.metrics import Metrics
from store.errors import StoreError

PATH = "/v1/models/{name}/jobs"
_PATH = re.compile(r"/v1/models/([^/]+)/jobs")


class _Route:
    """What the counters ask a route for."""

    path = PATH


class Express(FastAPI):
    """The application, with a short cut for ``POST /v1/models/{name}/jobs``."""

    def cut_short(self, metrics: Metrics) -> None:
        """Open the short cut."""
        self._edge: ASGIApp = Edge(_submit, metrics=metrics)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http" and scope["method"] == "POST" and not scope.get("root_path"):
            found = _PATH.fullmatch(scope["path"])
            if found is not None:
                scope["app"], scope["route"], scope["path_params"] = self, _Route, {"name": found[1]}
                await self._edge(scope, receive, send)
                return
        await super().__call__(scope, receive, send)


async def _submit(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        response = await jobs.submit(Request(scope, receive))
    except Problem as problem:
        response = problem_response(problem)
    except StoreError as error:
        response = problem_response(from_store(error))
    await response(scope, receive, send)
