"""Everything the SDK raises.

ClocheError
├── ConfigurationError        no API key, or an address that is none
├── InputNotSendable          the input is neither JSON nor bytes, or its key or ids are none
├── WeightsNotSavable         a state_dict holds something a safetensors file can't
├── ConnectionFailed          the engine could not be reached
├── WaitTimedOut              time is up here; the job or the upload goes on (also a TimeoutError)
├── ApiError                  the engine refused the request (an RFC 9457 problem)
│   ├── NotAuthenticated      401: no key, or one the engine doesn't know
│   ├── NotAllowed            403: the key may not do this
│   ├── NotFound              404: no such model, version or job in this tenant
│   ├── ModelNotReady         409: the model has no version that is ready
│   ├── RequestInvalid        400, 409, 413, 415, 422: the request itself is wrong
│   ├── QuotaExceeded         a quota of the tenant is used up; waiting doesn't help
│   ├── RateLimited           429: too many requests or queued jobs; waiting helps
│   └── EngineUnavailable     5xx: the engine's fault
├── UploadRejected            the upload arrived, and will not be served
│   ├── SourceRefused         the policy refuses the source; carries the violations
│   └── LoadFailed            the source is fine, loading it with these weights is not
└── JobUnsuccessful           the job ended without an output
    ├── JobFailed             the model raised, ran out of time or memory, crashed …
    ├── JobCanceled           somebody canceled it
    └── JobExpired            its deadline passed before it could run
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cloche._report import weights_report
from cloche._verdict import Violation, render_violations

if TYPE_CHECKING:
    from cloche._jobs import Job


class ClocheError(Exception):
    """Root of everything the SDK raises. ``code`` is stable; the text is for people."""

    code = "cloche_error"


class ConfigurationError(ClocheError):
    """The client can't be built from what it was given."""

    code = "configuration"


_SENDABLE = (
    "Pass bytes, or what JSON knows (None, bool, int, float, str, list, dict); a tensor or an array as .tolist()."
)


class InputNotSendable(ClocheError):
    """The input is neither JSON nor bytes; or its Idempotency-Key or a batch's ids are none."""

    code = "input_not_sendable"

    def __init__(self, reason: str, *, instead: str = _SENDABLE) -> None:
        self.reason = reason
        super().__init__(f"The input can't be sent: {reason}. {instead}")


class WeightsNotSavable(ClocheError):
    """A state_dict holds something a safetensors file can't. ``name`` is its key, if it is about one."""

    code = "weights_not_savable"

    def __init__(self, reason: str, *, name: str | None = None) -> None:
        self.name = name
        super().__init__(reason)


class ConnectionFailed(ClocheError):
    """The engine could not be reached, or went away before it answered."""

    code = "connection_failed"

    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        super().__init__(f"No answer from {url} ({reason}). Is the engine up, and is CLOCHE_URL right?")


class WaitTimedOut(ClocheError, TimeoutError):
    """Time is up here. ``job`` is set when it is about one; it goes on and can be waited for again."""

    code = "wait_timed_out"

    def __init__(self, message: str, *, job: Job | None = None) -> None:
        self.job = job
        super().__init__(message)


class ApiError(ClocheError):
    """The engine refused the request.

    ``status`` is HTTP's, ``code`` the engine's own word for it, ``detail`` one sentence,
    ``extensions`` whatever else the problem carried, ``retry_after_seconds`` set when waiting helps.
    """

    def __init__(
        self,
        *,
        status: int,
        code: str,
        detail: str,
        extensions: Mapping[str, Any] | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        self.status = status
        self.code = code
        self.detail = detail
        self.extensions: Mapping[str, Any] = extensions or {}
        self.retry_after_seconds = retry_after_seconds
        super().__init__(f"{detail} [{code}, HTTP {status}]")


class NotAuthenticated(ApiError):
    """No key, or one the engine doesn't know. Set CLOCHE_API_KEY."""


class NotAllowed(ApiError):
    """The key is known and may not do this, as an access token outside its model."""


class NotFound(ApiError):
    """No such model, version or job in this tenant."""


class ModelNotReady(ApiError):
    """The model has no version that is ready to answer."""


class RequestInvalid(ApiError):
    """The request itself is wrong: sending it again gives the same answer."""


class QuotaExceeded(ApiError):
    """A quota of the tenant is used up. Delete something or ask the operator; waiting doesn't help."""


class RateLimited(ApiError):
    """Too many requests or queued jobs. Waiting ``retry_after_seconds`` helps."""


class EngineUnavailable(ApiError):
    """The engine's fault, not the request's."""


class UploadRejected(ClocheError):
    """The upload arrived, and will not be served."""


class SourceRefused(UploadRejected):
    """The policy refuses the source. Prints as a linter does; ``violations`` holds the same as data."""

    code = "source_refused"

    def __init__(self, violations: Sequence[Violation], *, path: str = "model.py") -> None:
        self.violations = tuple(violations)
        self.path = path
        count = len(self.violations)
        head = f"The policy refuses {path}: {count} violation{'' if count == 1 else 's'}. Nothing was run."
        super().__init__(f"{head}\n\n{render_violations(self.violations, path=path)}")


class LoadFailed(UploadRejected):
    """The class could not be built, or the weights don't fit it.

    ``type`` says which (``load_error``, ``weights_mismatch`` …), ``traceback`` is the source's own,
    ``missing``, ``unexpected`` and ``mismatched`` list the keys where it is about keys.
    """

    code = "load_failed"

    def __init__(self, error: Mapping[str, Any], *, model: str, version: int) -> None:
        self.model = model
        self.version = version
        self.type = str(error.get("type") or error.get("kind") or "load_error")
        self.message = str(error.get("message") or "The engine gave no reason.")
        self.traceback = str(error.get("traceback") or "")
        self.logs = str(error.get("logs") or "")
        detail = error.get("detail") if isinstance(error.get("detail"), Mapping) else error
        assert isinstance(detail, Mapping)
        self.missing = tuple(detail.get("missing") or ())
        self.unexpected = tuple(detail.get("unexpected") or ())
        self.mismatched = tuple(detail.get("mismatched") or ())
        head = f"Version {version} of {model!r} can't be loaded: {self.message} [{self.type}]"
        keys = weights_report(self.missing, self.unexpected, self.mismatched)
        super().__init__("\n".join(part for part in (head, keys, self.traceback.rstrip()) if part))


class JobUnsuccessful(ClocheError):
    """The job ended without an output. ``job`` is the job, with its logs."""

    code = "job_unsuccessful"

    def __init__(self, message: str, *, job: Job) -> None:
        self.job = job
        super().__init__(message)


class JobFailed(JobUnsuccessful):
    """The model raised, ran out of time or memory, crashed, or returned what can't be sent.

    ``type`` is the machine-readable ending (``model_error``, ``timed_out`` …), ``traceback`` the
    model's own frames, ``signal`` the one that killed it, where the engine knows it.
    """

    code = "job_failed"

    def __init__(self, error: Mapping[str, Any], *, job: Job) -> None:
        self.type = str(error.get("type") or "platform")
        self.message = str(error.get("message") or "The engine gave no reason.")
        self.traceback = str(error.get("traceback") or "")
        self.signal: int | None = error.get("signal")
        text = f"Job {job.id} failed: {self.message} [{self.type}]"
        super().__init__(f"{text}\n{self.traceback.rstrip()}" if self.traceback else text, job=job)


class JobCanceled(JobUnsuccessful):
    """Somebody canceled the job."""

    code = "job_canceled"

    def __init__(self, *, job: Job) -> None:
        super().__init__(f"Job {job.id} was canceled.", job=job)


class JobExpired(JobUnsuccessful):
    """The job's deadline passed before it could run."""

    code = "job_expired"

    def __init__(self, *, job: Job) -> None:
        super().__init__(f"Job {job.id} was not run: its deadline passed while it was queued.", job=job)
