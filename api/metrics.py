"""Numbers for Prometheus. Nothing here names a tenant."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from starlette.requests import Request
from starlette.responses import Response

from store.capacity import Disk, Memory
from store.deliveries.records import Standing
from store.errors import StoreError
from store.jobs.records import QueueHealth

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# From the fastest answer of a warm engine to the longest `Prefer: wait`.
BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """The counters of one application. One registry each, so that two applications don't share numbers."""

    def __init__(self) -> None:
        # A time for each series would double the page and tell nothing.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library's own gap
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "cloche_http_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "cloche_http_request_seconds",
            "Time from a request's head to its answer's end.",
            ("route",),
            buckets=BUCKETS_SECONDS,
            registry=self.registry,
        )
        self._series: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self.admitted = Counter("cloche_jobs_admitted", "Jobs accepted by this API process.", registry=self.registry)
        self.refused = Counter(
            "cloche_jobs_refused", "Jobs refused at admission, by reason.", ("why",), registry=self.registry
        )
        self.uploads = Counter("cloche_uploads", "Uploads stored, by verdict.", ("verdict",), registry=self.registry)
        self.streams = Gauge("cloche_event_streams", "Event streams open in this process.", registry=self.registry)
        self.up = Gauge("cloche_redis_up", "1 when the job store answered this scrape.", registry=self.registry)
        self.queued = Gauge("cloche_jobs_queued", "Jobs accepted and not yet running.", registry=self.registry)
        self.running = Gauge("cloche_jobs_running", "Jobs running.", registry=self.registry)
        self.workers = Gauge("cloche_workers_live", "Workers with a fresh heartbeat.", registry=self.registry)
        self.gpu_workers = Gauge("cloche_gpu_workers_live", "Those of them that own GPUs.", registry=self.registry)
        self.gpus = Gauge("cloche_gpus", "GPUs that live workers own.", registry=self.registry)
        self.faults = Gauge("cloche_worker_faults", "Kinds of faults live workers report.", registry=self.registry)
        self.memory = Gauge("cloche_redis_memory_bytes", "Memory that Redis uses.", registry=self.registry)
        self.memory_limit = Gauge("cloche_redis_memory_limit_bytes", "The most it may use.", registry=self.registry)
        self.disk = Gauge("cloche_disk_free_bytes", "Free on the fullest of the data's disks.", registry=self.registry)
        self.couriers = Gauge("cloche_couriers_live", "Couriers with a fresh heartbeat.", registry=self.registry)
        self.due = Gauge("cloche_webhooks_due", "Events no courier has planned yet.", registry=self.registry)
        self.waiting = Gauge("cloche_deliveries_waiting", "Deliveries that have not ended.", registry=self.registry)
        self.attempts = Gauge(
            "cloche_deliveries_ended",
            "Since the beginning: deliveries delivered and given up, attempts failed.",
            ("how",),
            registry=self.registry,
        )
        self.full = Gauge(
            "cloche_full", "1 while this is nearly full and new jobs are refused.", ("what",), registry=self.registry
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request. Its two series are looked up once: finding them costs twice what counting does."""
        series = self._series.get((method, route, status))
        if series is None:
            series = self.requests.labels(method, route, status), self.seconds.labels(route)
            self._series[method, route, status] = series
        series[0].inc()
        series[1].observe(seconds)

    def measure(self, *, memory: Memory | None, disk: Disk | None, full: str | None) -> None:
        """Set the gauges of what room the platform has; None: not known."""
        if memory is not None:
            self.memory.set(memory.used_bytes)
            self.memory_limit.set(memory.limit_bytes)
        if disk is not None:
            self.disk.set(disk.free_bytes)
        for what in ("redis_full", "disk_nearly_full"):
            self.full.labels(what).set(full == what)

    def observe_webhooks(self, standing: Standing) -> None:
        """Set the gauges of the deliveries."""
        self.couriers.set(standing.couriers)
        self.due.set(standing.due)
        self.waiting.set(standing.waiting)
        for ending in ("delivered", "failed", "gave_up"):
            self.attempts.labels(ending).set(getattr(standing, ending))

    def observe(self, health: QueueHealth | None) -> None:
        """Set the gauges. None: the job store did not answer, and its gauges keep their last values."""
        self.up.set(0 if health is None else 1)
        if health is not None:
            self.queued.set(health.queued_jobs)
            self.running.set(health.running_jobs)
            self.workers.set(health.live_workers)
            self.gpu_workers.set(health.gpu_workers)
            self.gpus.set(len(health.gpus))
            self.faults.set(len({*health.worker_faults, *health.gpu_faults}))


async def show(request: Request) -> Response:
    """The numbers, with the job store asked now."""
    parts = request.scope["app"].state.parts
    try:
        parts.metrics.observe(await parts.jobs.health())
        parts.metrics.observe_webhooks(await parts.threads.call(parts.desk.standing))
    except StoreError:
        parts.metrics.observe(None)
    return Response(generate_latest(parts.metrics.registry), media_type=CONTENT_TYPE)
