"""Webhooks of a tenant: what they are told of, their secrets, and how each delivery went."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from cloche._transport import Request, Transport

DeliveryState = Literal["scheduled", "sending", "delivered", "gave_up"]
EVERYTHING = ("*",)
GRACE_SECONDS = 86_400
PAGE_DELIVERIES = 100


class Delivery:
    """One event on its way to one webhook. Holds what was last heard of it."""

    def __init__(self, data: Mapping[str, Any], *, transport: Transport) -> None:
        self._data = dict(data)
        self._transport = transport

    def __repr__(self) -> str:
        return f"<Delivery {self.id} of {self.event}, last seen {self.state}>"

    @property
    def id(self) -> str:
        """Its id, which every attempt carries as ``webhook-id``."""
        return str(self._data["id"])

    @property
    def event(self) -> str:
        """What is told: ``job.succeeded``, ``test`` …"""
        return str(self._data["event"])

    @property
    def subject(self) -> str:
        """What it is about: a job's id, mostly."""
        return str(self._data["subject"])

    @property
    def state(self) -> DeliveryState:
        """Where it stood when it was last heard of; ``refresh`` asks again."""
        state: DeliveryState = self._data["state"]
        return state

    @property
    def error(self) -> str | None:
        """What was wrong with the last attempt; None where nothing was, or there was none."""
        return self._data.get("error")

    def log(self) -> list[dict[str, Any]]:
        """How each attempt ended, oldest first: at, duration_ms, status, error, detail. Asks the engine."""
        self.refresh()
        return list(self._data["log"])

    def refresh(self) -> Delivery:
        """Ask the engine where it stands."""
        self._data = self._transport.send(Request("GET", self._path)).json()
        return self

    def redeliver(self) -> Delivery:
        """Have it sent again, at once, under the same id."""
        self._data = self._transport.send(Request("POST", f"{self._path}/redeliver", repeatable=False)).json()
        return self

    def to_dict(self) -> dict[str, Any]:
        """The engine's JSON as last heard."""
        return dict(self._data)

    @property
    def _path(self) -> str:
        return f"/v1/deliveries/{quote(self.id, safe='')}"


class Webhook:
    """A URL that is told of events. Holds what was last heard of it."""

    def __init__(self, data: Mapping[str, Any], *, transport: Transport) -> None:
        self._data = dict(data)
        self._transport = transport

    def __repr__(self) -> str:
        return f"<Webhook {self.id} to {self.url}, {'enabled' if self.enabled else 'disabled'}>"

    @property
    def id(self) -> str:
        """The engine's name for it."""
        return str(self._data["id"])

    @property
    def url(self) -> str:
        """Where it leads."""
        return str(self._data["url"])

    @property
    def events(self) -> tuple[str, ...]:
        """What it is told of; ``*`` is everything."""
        return tuple(self._data["events"])

    @property
    def description(self) -> str:
        """A line for people."""
        return str(self._data["description"])

    @property
    def enabled(self) -> bool:
        """Whether anything is sent to it."""
        return bool(self._data["enabled"])

    @property
    def note(self) -> str | None:
        """Why it was disabled, in a sentence; ``to_dict()["disabled_reason"]`` is for programs."""
        return self._data.get("note")

    @property
    def failing_since(self) -> datetime | None:
        """Since when it has done nothing but fail."""
        since = self._data.get("failing_since")
        return datetime.fromisoformat(since) if since else None

    def refresh(self) -> Webhook:
        """Ask the engine how it is."""
        self._data = self._transport.send(Request("GET", self._path)).json()
        return self

    def update(
        self, *, url: str | None = None, events: Sequence[str] | None = None, description: str | None = None
    ) -> Webhook:
        """Change what is given. What waits to be delivered goes to the new URL."""
        changes = {"url": url, "events": None if events is None else list(events), "description": description}
        return self._patch({name: value for name, value in changes.items() if value is not None})

    def enable(self) -> Webhook:
        """Have events sent to it again, whatever disabled it, unless the operator did."""
        return self._patch({"enabled": True})

    def disable(self) -> Webhook:
        """Have nothing more sent to it."""
        return self._patch({"enabled": False})

    def delete(self) -> None:
        """Forget it. What waits to be delivered to it is given up."""
        self._transport.send(Request("DELETE", self._path))

    def secret(self) -> str:
        """What its deliveries are signed with: for ``standardwebhooks.Webhook(secret).verify(body, headers)``."""
        return str(self._transport.send(Request("GET", f"{self._path}/secret")).json()["secret"])

    def rotate(self, *, grace_seconds: int = GRACE_SECONDS) -> str:
        """A new secret. For so long each delivery carries a signature of the old one, too."""
        request = json_request("POST", f"{self._path}/rotate", {"grace_seconds": grace_seconds}, repeatable=False)
        return str(self._transport.send(request).json()["secret"])

    def test(self) -> Delivery:
        """Have a test event sent, once."""
        answer = self._transport.send(Request("POST", f"{self._path}/test", repeatable=False))
        return Delivery(answer.json(), transport=self._transport)

    def deliveries(self, *, state: DeliveryState | None = None) -> Iterator[Delivery]:
        """What was and is sent to it, newest first, fetched page by page as it is asked for."""
        params = {"limit": str(PAGE_DELIVERIES), **({"state": state} if state else {})}
        while True:
            page = self._transport.send(Request("GET", f"{self._path}/deliveries", params=params)).json()
            for data in page["deliveries"]:
                yield Delivery(data, transport=self._transport)
            if not page.get("next_cursor"):
                return
            params = {**params, "cursor": page["next_cursor"]}

    def to_dict(self) -> dict[str, Any]:
        """The engine's JSON as last heard. One that was just made has its secret in it."""
        return dict(self._data)

    def _patch(self, changes: Mapping[str, Any]) -> Webhook:
        self._data = self._transport.send(json_request("PATCH", self._path, changes)).json()
        return self

    @property
    def _path(self) -> str:
        return f"/v1/webhooks/{quote(self.id, safe='')}"


def json_request(method: str, path: str, body: Mapping[str, Any], *, repeatable: bool = True) -> Request:
    """A request with a JSON body."""
    headers = {"Content-Type": "application/json"}
    return Request(method, path, headers=headers, content=json.dumps(body).encode(), repeatable=repeatable)
