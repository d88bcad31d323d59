"""How much one sandbox may use. Operators set these by quota; tenants may only lower them."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

MEMORY_FLOOR_BYTES = 256 * MIB  # below it a sandbox is full before a model is in it: torch takes about 150 MiB


@dataclass(frozen=True, slots=True)
class Limits:
    """The ceiling of one bound sandbox and of each call in it. Every field has a unit in its name."""

    memory_bytes: int = 2 * GIB
    cpus: float = 1.0
    timeout_seconds: float = 30.0  # one predict_single
    load_timeout_seconds: float = 60.0  # import the source, build the class, load the weights
    output_bytes: int = 8 * MIB  # one answer, after serialisation
    log_bytes: int = 16 * KIB  # what one call may print and have kept
    gpus: int = 0  # devices of its own
    gpu_memory_bytes: int = 0  # of its device; 0 without one
