"""The words of the OpenAPI document: parameters, bodies, answers and problems of each address."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from api import schemas, webhook_shapes
from api.errors import PROBLEM_TYPE, PROBLEMS
from api.idempotency import KEPT_SECONDS, KEY_CHARACTERS
from api.jobs import PAGE_DEFAULT, PAGE_MAX
from api.orders import CANCEL_AFTER_SECONDS, DEADLINE_SECONDS
from api.preferences import MAX_WAIT_SECONDS
from api.shape import Shape
from store.destinations.guard import URL_CHARACTERS

Json = dict[str, Any]

INTRODUCTION = """\
Run your PyTorch models in hardened sandboxes.

Every address under `/v1` needs `Authorization: Bearer <key>`. Errors are
[RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problems; branch on their `code`.
"""

WHO = ("unauthorized", "tenant_suspended", "redis_unavailable", "catalog_unavailable", "internal")
STORED = ("blobs_unavailable", "disk_full")

JOB_ID: Json = {"in": "path", "name": "id", "required": True, "schema": {"type": "string"}}
TOKEN_ID: Json = {"in": "path", "name": "id", "required": True, "schema": {"type": "string"}}
NUMBER: Json = {"in": "path", "name": "number", "required": True, "schema": {"type": "integer", "minimum": 1}}
NAME: Json = {
    "in": "path",
    "name": "name",
    "required": True,
    "description": "The model's name.",
    "schema": {"type": "string", "maxLength": 100},
    "example": "digits",
}
PREFER: Json = {
    "in": "header",
    "name": "Prefer",
    "description": f"`wait=N`: answer at the end, or after N seconds (at most {MAX_WAIT_SECONDS}).",
    "schema": {"type": "string"},
    "example": "wait=10",
}
IDEMPOTENCY: Json = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "The same request under the same key is the same job, in whatever state, for "
    f"{KEPT_SECONDS // 3600} hours from its admission; another request under it is refused. A string in double quotes "
    "(RFC 9651), or the bare key. A refused request uses up no key; keys of an access token are its own.",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_CHARACTERS + 2},
    "example": '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
}
CANCEL_AFTER: Json = {
    "in": "header",
    "name": "Cancel-After",
    "description": "cancel_after_seconds as a duration: `90s`, `5m`, `1h30m45s`; a number alone is seconds.",
    "schema": {"type": "string"},
    "example": "5m",
}
OPTIONS: dict[str, Json] = {
    "webhook": {"type": "string", "format": "uri", "maxLength": URL_CHARACTERS, "description": "Told of the end."},
    "timeout_seconds": {"type": "number", "minimum": 0.001, "description": "How long the model may compute."},
    "deadline_seconds": {
        "type": "number",
        "minimum": 0.001,
        "maximum": DEADLINE_SECONDS,
        "description": "How long the job may stay queued; then it expires.",
    },
    "cancel_after_seconds": {
        "type": "number",
        "minimum": CANCEL_AFTER_SECONDS,
        "maximum": DEADLINE_SECONDS,
        "description": "When the job is canceled, counted from its admission, whatever its state then.",
    },
    "version": {"type": "integer", "minimum": 1, "description": "Which version; the newest ready one if left out."},
}


def query(name: str, schema: Json, description: str = "") -> Json:
    """A query parameter."""
    return {"in": "query", "name": name, "schema": schema, "description": description}


def json_body(properties: Json, *, required: tuple[str, ...] = (), example: Json | None = None) -> Json:
    """A JSON request body."""
    schema: Json = {"type": "object", "additionalProperties": False, "properties": properties}
    if required:
        schema["required"] = list(required)
    return {"schema": schema, **({"example": example} if example else {})}


SUBMIT_QUERY = [
    query(name, schema, "With a raw body; a JSON body carries its options itself.") for name, schema in OPTIONS.items()
]
SUBMIT_BODY: Json = {
    "required": True,
    "description": "JSON with the input in it; under other content types the raw input: text/* is str, the rest bytes.",
    "content": {
        "application/json": json_body(
            {"input": {"description": "Any JSON value."}, **OPTIONS},
            required=("input",),
            example={"input": [1, 2, 3], "timeout_seconds": 5},
        ),
        "text/plain": {"schema": {"type": "string"}},
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
    },
}
UPLOAD_BODY: Json = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["name", "source", "weights"],
                "properties": {
                    "name": {"type": "string", "maxLength": 100, "example": "digits"},
                    "source": {"type": "string", "format": "binary", "description": "model.py"},
                    "weights": {"type": "string", "format": "binary", "description": "A .safetensors file."},
                    "config": {
                        "type": "string",
                        "description": "JSON: example_input (any value, run once by the check), example_input_encoding "
                        "(json or base64), timeout_seconds, memory_bytes, gpus (0 or 1), description.",
                        "example": '{"description": "Digits, 8 by 8", "timeout_seconds": 5}',
                    },
                },
            }
        }
    },
}
CHECK_BODY: Json = {
    "description": "The source: as it is, or in JSON. No body is an empty file, and refused as one.",
    "content": {
        "text/x-python": {"schema": {"contentMediaType": "text/x-python"}},
        "application/json": json_body({"source": {"type": "string"}}, required=("source",)),
    },
}
TOKEN_BODY: Json = {
    "content": {"application/json": json_body({"name": {"type": "string"}}, example={"name": "the web shop"})}
}
EVENT_PLACE = [
    {
        "in": "header",
        "name": "Last-Event-ID",
        "description": "The id of the last event that was heard: the stream goes on after it.",
        "schema": {"type": "string", "maxLength": 64},
    },
    query("last_event_id", {"type": "string", "maxLength": 64}, "The same, for who can't set headers."),
]
BATCH_QUERY = [
    query("version", OPTIONS["version"], "Which version; the newest ready one if left out."),
    query("timeout_seconds", OPTIONS["timeout_seconds"], "How long the model may compute for one line."),
    query("deadline_seconds", OPTIONS["deadline_seconds"], "From now; lines that have not begun by then expire."),
    query("cancel_after_seconds", OPTIONS["cancel_after_seconds"], "From now; then the batch is canceled."),
    query("webhook", OPTIONS["webhook"], "Told once, when every line has ended."),
]
BATCH_BODY: Json = {
    "required": True,
    "description": 'JSON Lines: on each line `{"input": any JSON}`, and an `"id"` of your own if you like. '
    "Whatever its content type. All lines are checked before any is run.",
    "content": {
        "application/jsonl": {"schema": {"type": "string"}, "example": '{"input": 1, "id": "a"}\n{"input": 2}\n'}
    },
}
PAGE_QUERY = (
    query("limit", {"type": "integer", "minimum": 1, "maximum": PAGE_MAX, "default": PAGE_DEFAULT}),
    query("cursor", {"type": "string"}, "next_cursor of the page before."),
)
LINK_QUERY = [
    query("expires", {"type": "string"}, "With `signature` in place of a key: both come with a job's `urls.output`."),
    query("signature", {"type": "string"}),
]
RANGE: Json = {
    "in": "header",
    "name": "Range",
    "description": "One range of bytes: `bytes=0-1023`. Anything else is answered with all of it.",
    "schema": {"type": "string"},
}
OUTPUT_HEADERS = ("Content-Disposition", "Accept-Ranges", "ETag")
OUTPUT_MEDIA = (
    *("application/json", "application/octet-stream", "image/png", "image/jpeg", "image/gif", "image/webp"),
    *("audio/wave", "audio/flac", "audio/mpeg", "application/ogg", "video/avi", "video/mp4", "application/x-npy"),
)
LIST_QUERY = [
    query("limit", {"type": "integer", "minimum": 1, "maximum": PAGE_MAX, "default": PAGE_DEFAULT}),
    query("cursor", {"type": "string"}, "next_cursor of the page before."),
    query("model", {"type": "string"}),
    query("status", {"enum": ["queued", "running", "succeeded", "failed", "canceled", "expired"]}),
]

USAGE_QUERY = [
    query("from", {"type": "string", "format": "date"}, "The first day (UTC); that month's first if left out."),
    query("to", {"type": "string", "format": "date"}, "The last day (UTC); today if left out."),
    query("model", {"type": "string"}, "Only this model's."),
]

HEADERS: dict[str, Json] = {
    "Location": {"schema": {"type": "string"}, "description": "Where to ask for it."},
    "Preference-Applied": {"schema": {"type": "string"}, "description": "The wait that was in force."},
    "Idempotent-Replayed": {"schema": {"type": "string"}, "description": "true: the key's earlier job."},
    "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait before trying again."},
    "Content-Disposition": {"schema": {"type": "string"}, "description": "An attachment, always."},
    "Accept-Ranges": {"schema": {"type": "string"}},
    "Content-Range": {"schema": {"type": "string"}, "description": "Which bytes these are, of how many."},
    "ETag": {"schema": {"type": "string"}},
    "WWW-Authenticate": {"schema": {"type": "string"}},
    "RateLimit-Policy": {
        "schema": {"type": "string"},
        "description": "The quotas jobs are held against (draft-ietf-httpapi-ratelimit-headers-11).",
        "example": '"requests_per_minute";q=600000;w=60, "queued_jobs";q=10000;qu="concurrent-requests"',
    },
    "RateLimit": {
        "schema": {"type": "string"},
        "description": "What is left of them; `t` is the seconds for which it holds.",
        "example": '"requests_per_minute";r=59999;t=1, "queued_jobs";r=9999',
    },
}


def answers(
    statuses: dict[int, tuple[str, ...]], *, shape: type[Shape] | None, media: tuple[str, ...], description: str
) -> Json:
    """The answers that are not problems."""
    found: Json = {}
    for status, headers in statuses.items():
        found[str(status)] = {"description": description, "headers": {name: HEADERS[name] for name in headers}}
        if status == 204:
            continue
        if media:
            found[str(status)]["content"] = {kind: {} for kind in media}
        if shape is not None:
            found[str(status)]["content"] = {"application/json": {"schema": _ref(shape)}}
    return found


def problems(codes: tuple[str, ...]) -> Json:
    """The problems, by status, each code with an example."""
    by_status: dict[int, list[str]] = defaultdict(list)
    for code in codes:
        by_status[PROBLEMS[code].status].append(code)
    return {str(status): _problem(status, codes) for status, codes in sorted(by_status.items())}


def complete(app: FastAPI) -> None:
    """Make the document whole: shapes, security, introduction."""
    original = app.openapi

    def openapi() -> Json:
        document: Json = original()
        components = document.setdefault("components", {})
        components["schemas"] = _shapes()
        components["securitySchemes"] = {
            "key": {
                "type": "http",
                "scheme": "bearer",
                "description": "A key of the tenant, or a model's access token.",
            }
        }
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # the way FastAPI's documentation gives


def _shapes() -> Json:
    found: Json = {}
    for name, kind in {**vars(schemas), **vars(webhook_shapes)}.items():
        if isinstance(kind, type) and issubclass(kind, BaseModel) and kind is not BaseModel:
            if kind is Shape:
                continue
            schema = kind.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
            schema.pop("$defs", None)
            found[name] = schema
    return found


def _ref(shape: type[BaseModel]) -> Json:
    return {"$ref": f"#/components/schemas/{shape.__name__}"}


def _problem(status: int, codes: list[str]) -> Json:
    described: Json = {
        "description": " · ".join(f"`{code}`: {PROBLEMS[code].title}" for code in codes),
        "content": {PROBLEM_TYPE: {"schema": _ref(schemas.Problem), "examples": {c: _example(c) for c in codes}}},
    }
    headers = {
        429: ("Retry-After", "RateLimit-Policy", "RateLimit"),
        503: ("Retry-After",),
        401: ("WWW-Authenticate",),
    }.get(status)
    if headers:
        described["headers"] = {name: HEADERS[name] for name in headers}
    return described


def _example(code: str) -> Json:
    kind = PROBLEMS[code]
    return {
        "value": {
            "type": kind.type or f"urn:cloche:problem:{code}",
            "title": kind.title,
            "status": kind.status,
            "detail": "A sentence that says what to do.",
            "code": code,
        }
    }
