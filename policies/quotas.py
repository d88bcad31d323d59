"""What one tenant may use, as one table: name, default, unit, meaning."""

from __future__ import annotations

from dataclasses import dataclass, fields

from policies.limits import GIB, MIB


@dataclass(frozen=True, slots=True)
class Quotas:
    """The quotas of one tenant. A field's name is its name in ``cloche-admin quotas set``."""

    models: int = 20  # model names
    versions: int = 50  # versions of one model
    webhooks: int = 10  # webhook endpoints
    storage_bytes: int = 10 * GIB  # sources and weights, every version counted
    upload_bytes: int = 4 * GIB  # one upload
    queued_jobs: int = 10_000  # accepted and not yet running
    concurrency: int = 2  # turns outstanding: sandboxes of this tenant that may run at once
    requests_per_minute: int = 600_000  # admitted jobs; bursts up to a tenth of it
    queued_bytes: int = GIB  # inputs of all jobs that have not ended
    kept_bytes: int = 4 * GIB  # of ended jobs, while they can be read: outputs, logs, errors, and 512 for each
    run_seconds_per_month: int = 10_000_000  # computed in a calendar month (UTC): more than two sandboxes can
    gpu_seconds_per_month: int = 10_000_000  # likewise on GPUs, each counted by itself
    batches: int = 4  # open at once
    batch_bytes: int = GIB  # all lines of one batch
    input_bytes: int = 4 * MIB  # one input
    output_bytes: int = 8 * MIB  # one output
    memory_bytes: int = 2 * GIB  # one sandbox
    timeout_seconds: int = 30  # the longest one call may run
    result_seconds: int = 86_400  # how long an ended job can be read
    gpus: int = 0  # GPUs in use at once: turns on one outstanding. They are dear, so an operator grants them
    gpu_memory_bytes: int = 16 * GIB  # of the GPU, one sandbox


QUOTA_NAMES: tuple[str, ...] = tuple(f.name for f in fields(Quotas))
