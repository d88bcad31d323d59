"""The words of the OpenAPI document about webhooks: parameters and bodies."""

from __future__ import annotations

from api.described import Json, json_body, query
from api.jobs import PAGE_DEFAULT, PAGE_MAX
from policies.events import EVENTS, EVERYTHING
from store.catalog.endpoints import DESCRIPTION_CHARACTERS, GRACE_MAX_SECONDS, GRACE_SECONDS
from store.destinations.guard import URL_CHARACTERS

WEBHOOK_ID: Json = {"in": "path", "name": "id", "required": True, "schema": {"type": "string"}}
DELIVERY_ID: Json = {"in": "path", "name": "id", "required": True, "schema": {"type": "string"}}
EVENT_FILTER: Json = {
    "type": "array",
    "minItems": 1,
    "items": {"enum": [*EVENTS, EVERYTHING]},
    "description": "What to be told of.",
}
WEBHOOK_FIELDS: dict[str, Json] = {
    "url": {"type": "string", "format": "uri", "maxLength": URL_CHARACTERS, "description": "https, to a public host."},
    "events": EVENT_FILTER,
    "description": {"type": "string", "maxLength": DESCRIPTION_CHARACTERS, "description": "For people; one line."},
}
WEBHOOK_BODY: Json = {
    "required": True,
    "content": {
        "application/json": json_body(
            {**WEBHOOK_FIELDS, "events": {**EVENT_FILTER, "default": [EVERYTHING]}},
            required=("url",),
            example={"url": "https://shop.example.com/hooks", "events": ["job.succeeded", "job.failed"]},
        )
    },
}
WEBHOOK_CHANGES: Json = {
    "required": True,
    "content": {
        "application/json": json_body({**WEBHOOK_FIELDS, "enabled": {"type": "boolean"}}, example={"enabled": True})
    },
}
ROTATION_BODY: Json = {
    "content": {
        "application/json": json_body(
            {
                "grace_seconds": {
                    "type": "integer",
                    "minimum": 0,
                    "maximum": GRACE_MAX_SECONDS,
                    "default": GRACE_SECONDS,
                    "description": "How long the old secret is still signed with.",
                }
            }
        )
    }
}
DELIVERIES_QUERY = [
    query("limit", {"type": "integer", "minimum": 1, "maximum": PAGE_MAX, "default": PAGE_DEFAULT}),
    query("cursor", {"type": "string"}, "next_cursor of the page before."),
    query("state", {"enum": ["scheduled", "sending", "delivered", "gave_up"]}),
]
