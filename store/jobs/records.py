"""What the job store takes and gives: frozen, typed, and free of Redis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

from policies.quotas import Quotas
from store.payloads.names import Stored

State = Literal["queued", "running", "succeeded", "failed", "canceled", "expired"]
InputKind = Literal["json", "text", "bytes"]
OutputKind = Literal["json", "bytes"]

UNLIMITED = 2**53 - 1  # the largest whole number that Lua and JSON count to exactly

TERMINAL: frozenset[State] = frozenset({"succeeded", "failed", "canceled", "expired"})


class AdmissionLimits(TypedDict):
    """What of an Admission a tenant's quotas say; the meanings are there."""

    queued_limit: int
    requests_per_minute: int
    concurrency: int
    queued_bytes_limit: int
    kept_bytes_limit: int
    run_seconds_limit: int
    gpu_seconds_limit: int
    gpus_limit: int


def admission_limits(quotas: Quotas) -> AdmissionLimits:
    """What a job of a tenant with these quotas is held against."""
    return AdmissionLimits(
        queued_limit=quotas.queued_jobs,
        requests_per_minute=quotas.requests_per_minute,
        concurrency=quotas.concurrency,
        queued_bytes_limit=quotas.queued_bytes,
        kept_bytes_limit=quotas.kept_bytes,
        run_seconds_limit=quotas.run_seconds_per_month,
        gpu_seconds_limit=quotas.gpu_seconds_per_month,
        gpus_limit=quotas.gpus,
    )


def timeout_of(asked: float | None, config: Mapping[str, Any], quotas: Quotas) -> float:
    """Seconds that one call may run: as asked, else as the version's config says, else all that the quota allows."""
    return min(asked or config.get("timeout_seconds") or quotas.timeout_seconds, quotas.timeout_seconds)


@dataclass(frozen=True, slots=True)
class Admission:
    """One job asking to be admitted, with the limits that were true for ``generation``.

    ``generation`` is the tenant's at the time key, quotas and version were looked up; a different
    one in Redis means something changed since, and the answer is Stale: look again and retry.
    """

    job_id: str
    tenant_id: str
    model: str
    version_id: str
    version_number: int
    generation: int
    input_kind: InputKind
    payload: bytes
    timeout_seconds: float
    queued_limit: int
    requests_per_minute: int
    concurrency: int
    result_seconds: int
    deadline_seconds: float | None = None
    cancel_after_seconds: float | None = None  # from admission, whatever its state then
    webhook: str | None = None
    idempotency_key: str | None = None
    listening: int | None = 0  # what the tenant's webhook endpoints ask for (policies.events); None: a line of a batch
    fingerprint: str = ""  # of the request's body and options; compared when the idempotency key is known
    input_bytes: int | None = None  # the size of one that is in the blob store under the job's name; None: it is here
    queued_bytes_limit: int = UNLIMITED  # of the inputs of all the tenant's jobs that have not ended
    kept_bytes_limit: int = UNLIMITED  # of what the tenant's ended jobs keep
    run_seconds_limit: int = UNLIMITED  # computed in this calendar month
    gpu_seconds_limit: int = UNLIMITED  # likewise on GPUs; asked only of jobs that want ``gpus``
    gpus: int = 0  # that its version asks for: with some, its turns are counted and handed out apart
    gpus_limit: int = 0  # that the tenant may use at once
    engine_limit: int = 0  # of all tenants' queued jobs; 0: no limit


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a tenant is from its rate and its depth, in the moment of an answer."""

    jobs: int  # that may follow at once
    next_seconds: float  # until there may be one more than that
    queue: int  # how many more may queue
    batches: int | None = None  # how many more may be open; in an answer to a batch


@dataclass(frozen=True, slots=True)
class Admitted:
    """The job is durable in Redis."""

    job_id: str
    created_ms: int
    standing: Standing


@dataclass(frozen=True, slots=True)
class Replayed:
    """The idempotency key is known with the same fingerprint: this is the job it made."""

    job_id: str
    standing: Standing


Why = Literal[
    "stale",
    "idempotency_mismatch",
    "rate",
    "queue_full",
    "queued_bytes",
    "kept_bytes",
    "run_seconds",
    "gpu_seconds",
    "no_gpu_worker",
    "engine_full",
]


@dataclass(frozen=True, slots=True)
class Refused:
    """Not admitted. ``found`` is what stood against it, in the unit of ``why``.

    That is: microseconds to wait (rate), jobs (queue_full, engine_full), bytes held (queued_bytes, kept_bytes), or
    the time in milliseconds at which a month's share was used up (run_seconds, gpu_seconds).
    """

    why: Why
    found: int = 0
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job as it stands. Times are milliseconds since 1970 by Redis's clock; 0 means not yet.

    ``error_type`` is an outcome kind (``model_error``, ``timed_out`` …) or "platform"; empty unless
    failed. ``output`` is UTF-8 JSON or raw bytes; None unless succeeded and not yet expired. A large one is
    in the blob store instead, where ``output_stored`` says.
    """

    id: str
    tenant_id: str
    model: str
    version_id: str
    version_number: int
    state: State
    created_ms: int
    started_ms: int = 0
    finished_ms: int = 0
    predict_seconds: float | None = None
    attempts: int = 0
    fence: int = 0
    timeout_seconds: float = 0.0
    deadline_ms: int = 0
    webhook: str = ""
    error_type: str = ""
    error_message: str = ""
    error_traceback: str = ""
    error_signal: int | None = None
    logs: str = ""
    logs_truncated: bool = False
    output_kind: OutputKind = "json"
    output: bytes | None = None
    output_stored: Stored | None = None

    @property
    def ended(self) -> bool:
        """True when no transition can follow."""
        return self.state in TERMINAL


@dataclass(frozen=True, slots=True)
class Printed:
    """Something a job printed while it ran. ``entry`` orders it; ``fence`` tells one run of the job from another."""

    entry: str
    attempt: int
    fence: int
    text: str


@dataclass(frozen=True, slots=True)
class Look:
    """A job at one moment, and what it printed."""

    record: JobRecord
    printed: tuple[Printed, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Jobs newest first (without their outputs), and the cursor of the next page or None."""

    jobs: tuple[JobRecord, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class QueueHealth:
    """What /readyz, /metrics and ``doctor`` want to know of the moving part."""

    live_workers: int
    queued_jobs: int
    running_jobs: int
    worker_faults: tuple[str, ...] = field(default=())  # error codes that live workers report, e.g. engine_unreachable
    gpu_workers: int = 0  # of the live ones, those that own GPUs; their faults are told apart
    gpu_faults: tuple[str, ...] = field(default=())
    gpus: tuple[str, ...] = field(default=())  # the devices that live workers own
