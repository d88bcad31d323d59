"""POST /v1/models: a version comes in, to disk, without its weights ever being in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import Response

from api.auth import Principal
from api.bodies import chunks, content_length
from api.checks import SOURCE_BYTES, check_source, source_too_large
from api.configs import read_config
from api.errors import Problem
from api.gpus import refuse_without_worker
from api.multipart import Event, PartBegins, PartData, boundary_of, events
from api.parts import Parts, parts_of
from api.queries import invalid
from api.responses import json_response, version_view
from api.rooms import Room
from api.spool import Spool
from api.weights import SNIFF_BYTES, inspect, sniff
from policies.verdict import Verdict
from store.catalog import Version
from store.catalog.names import checked_model_name
from store.errors import ModelQuotaExceeded, RedisUnavailable, VersionQuotaExceeded

log = structlog.get_logger()

# Parts held in memory, and how many bytes of each.
SMALL_PARTS = {"name": 1_000, "source": SOURCE_BYTES, "config": 1024 * 1024}
REQUIRED = ("name", "source", "weights")
FRAMING_BYTES = sum(SMALL_PARTS.values()) + 64 * 1024  # everything around the weights


@dataclass(slots=True)
class Upload:
    """What has arrived so far."""

    spool: Spool
    room: Room
    small: dict[str, bytearray] = field(default_factory=dict)
    first: bytearray = field(default_factory=bytearray)  # of the weights, until they are recognised
    part: str = ""

    async def take(self, event: Event) -> None:
        """The next event. Raises as soon as something can't become a version."""
        if isinstance(event, PartBegins):
            self._begin(event.name)
        elif isinstance(event, PartData) and self.part == "weights":
            await self._weights(event.data)
        elif isinstance(event, PartData):
            self._small(event.data)

    def _begin(self, name: str) -> None:
        if name not in (*SMALL_PARTS, "weights"):
            raise invalid(name, f"There is no part {name[:100]!r}; parts are name, source, weights and config.")
        if name in self.small:
            raise invalid(name, f"The part {name} comes twice.")
        self.small[name] = bytearray()
        self.part = name

    async def _weights(self, data: bytes) -> None:
        self.room.take(len(data))
        if self.spool.size < SNIFF_BYTES:
            self.first += data[:SNIFF_BYTES]
            sniff(bytes(self.first))
        await self.spool.write(data)

    def _small(self, data: bytes) -> None:
        held = self.small[self.part]
        held += data
        if len(held) <= SMALL_PARTS[self.part]:
            return
        if self.part == "source":
            raise source_too_large()
        raise invalid(self.part, f"The part {self.part} takes at most {SMALL_PARTS[self.part]:,} bytes.")


async def create(request: Request) -> Response:
    """Store an upload as the next version of its name; 201 whether the policy accepts it or not."""
    parts = parts_of(request)
    principal = await parts.auth.owner(request)
    headers = dict(request.scope["headers"])
    boundary = boundary_of(headers.get(b"content-type", b"").decode("latin-1"))
    with await Room.find(parts, principal) as room:
        room.check_announced((content_length(headers) or 0) - FRAMING_BYTES)
        with Spool(parts.blobs.temp_dir, parts.threads) as spool:
            upload = Upload(spool, room)
            await _receive(parts, principal, upload, events(chunks(request), boundary=boundary))
            version = await _store(parts, principal, upload)
    view = version_view(version)
    return json_response(view, 201, {"location": view["urls"]["self"]})


async def _receive(parts: Parts, principal: Principal, upload: Upload, body: AsyncIterator[Event]) -> None:
    async for event in body:
        await upload.take(event)
        if isinstance(event, PartBegins) and event.name == "weights":
            await _config(parts, principal, upload)  # what it asks for in vain is known before gigabytes have come
    await upload.spool.finish()
    missing = [name for name in REQUIRED if name not in upload.small]
    if missing:
        raise Problem("missing_part", f"The upload has no part {' and no part '.join(missing)}.", missing=missing)


async def _store(parts: Parts, principal: Principal, upload: Upload) -> Version:
    name = checked_model_name(_text(upload.small["name"]))
    source = bytes(upload.small["source"])
    config = await _config(parts, principal, upload)
    await parts.threads.call(_check_places, parts, principal, name)
    await parts.threads.call(inspect, upload.spool.path)
    verdict = await check_source(parts, source, allowances=principal.allowances)
    version = await parts.threads.call(
        _commit, parts, principal, upload, name=name, source=source, config=config, verdict=verdict
    )
    parts.metrics.uploads.labels("accepted" if verdict.accepted else "refused").inc()
    log.info(
        "version_stored",
        tenant_id=version.tenant_id,
        version_id=version.id,
        status=version.status,
        weights_bytes=version.weights_bytes,
    )
    if version.status == "checking":
        await _ask_for_check(parts, version)
    return version


async def _config(parts: Parts, principal: Principal, upload: Upload) -> dict[str, Any]:
    """As far as it has come. Raises invalid_json, invalid_request, quota_gpus, no_gpu_worker."""
    config = read_config(bytes(upload.small.get("config", b"{}")), quotas=principal.quotas)
    if config.get("gpus"):
        await refuse_without_worker(parts)
    return config


def _commit(
    parts: Parts,
    principal: Principal,
    upload: Upload,
    *,
    name: str,
    source: bytes,
    config: dict[str, Any],
    verdict: Verdict,
) -> Version:
    """Blobs first, then the row that makes them a version: a crash in between leaves only blobs to be swept."""
    weights_sha256, weights_bytes = parts.blobs.adopt(upload.spool.path)
    return parts.catalog.models.add_version(
        principal.tenant_id,
        name,
        source_sha256=parts.blobs.put(source),
        weights_sha256=weights_sha256,
        weights_bytes=weights_bytes,
        source_bytes=len(source),
        config=config,
        verdict=verdict,
        status="checking" if verdict.accepted else "refused",
        quotas=principal.quotas,
        allowances=principal.allowances,
    )


def _check_places(parts: Parts, principal: Principal, name: str) -> None:
    """Refuse early what add_version would refuse: it counts again, but by then the blobs are stored."""
    quotas = principal.quotas
    models = {model.name: len(model.versions) for model in parts.catalog.models.list(principal.tenant_id)}
    if name not in models and len(models) >= quotas.models:
        raise ModelQuotaExceeded(limit=quotas.models, used=len(models))
    if models.get(name, 0) >= quotas.versions:
        raise VersionQuotaExceeded(name, limit=quotas.versions, used=models.get(name, 0))


async def _ask_for_check(parts: Parts, version: Version) -> None:
    try:
        await parts.jobs.enqueue_check(version.id, gpus=version.gpus)
    except RedisUnavailable:
        # The version is stored: workers look for versions that wait for their check.
        log.warning("check_not_enqueued", version_id=version.id)


def _text(raw: bytearray) -> str:
    return raw.decode("utf-8", "replace").strip()
