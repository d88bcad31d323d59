"""Ask the models of a Cloche engine. Uploading them is ``cloche.pytorch``.

``CLOCHE_URL`` and ``CLOCHE_API_KEY`` say where the engine is and who asks; nothing is read from the
environment and nothing is connected before the first call.
"""

from __future__ import annotations

from cloche._batches import Batch, BatchResult
from cloche._client import Client
from cloche._default import predict, submit
from cloche._errors import (
    ApiError,
    ClocheError,
    ConfigurationError,
    ConnectionFailed,
    EngineUnavailable,
    InputNotSendable,
    JobCanceled,
    JobExpired,
    JobFailed,
    JobUnsuccessful,
    LoadFailed,
    ModelNotReady,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    QuotaExceeded,
    RateLimited,
    RequestInvalid,
    SourceRefused,
    UploadRejected,
    WaitTimedOut,
    WeightsNotSavable,
)
from cloche._events import Event
from cloche._jobs import Job
from cloche._models import Model, Version
from cloche._quotas import Quota
from cloche._retry import Retry
from cloche._uploads import Upload
from cloche._usage import Usage, UsageDay, UsageTotals
from cloche._verdict import Verdict, Violation
from cloche._version import __version__
from cloche._webhooks import Delivery, Webhook

__all__ = [
    "ApiError",
    "Batch",
    "BatchResult",
    "Client",
    "ClocheError",
    "ConfigurationError",
    "ConnectionFailed",
    "Delivery",
    "EngineUnavailable",
    "Event",
    "InputNotSendable",
    "Job",
    "JobCanceled",
    "JobExpired",
    "JobFailed",
    "JobUnsuccessful",
    "LoadFailed",
    "Model",
    "ModelNotReady",
    "NotAllowed",
    "NotAuthenticated",
    "NotFound",
    "Quota",
    "QuotaExceeded",
    "RateLimited",
    "RequestInvalid",
    "Retry",
    "SourceRefused",
    "Upload",
    "UploadRejected",
    "Usage",
    "UsageDay",
    "UsageTotals",
    "Verdict",
    "Version",
    "Violation",
    "WaitTimedOut",
    "Webhook",
    "WeightsNotSavable",
    "__version__",
    "predict",
    "submit",
]
