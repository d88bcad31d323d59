"""The shapes in the OpenAPI document. Answers are built elsewhere; every answer of every test is held against these."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.shape import Shape


class Problem(BaseModel):
    """An error, as RFC 9457 describes it. Clients branch on `code`; some codes bring further fields."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="A URN made from the code; for quotas the type IANA registers for all of them.")
    title: str = Field(description="The kind of problem, always the same for a code.")
    status: int
    detail: str = Field(description="What is wrong this time, and what to do.")
    code: str = Field(description="Stable; what programs look at.")


class JobError(Shape):
    """Why a job failed."""

    type: str = Field(description="model_error, timed_out, out_of_memory, crashed, …, or platform.")
    message: str
    traceback: str = Field(description="The model's own, empty where there is none.")
    signal: int | None = Field(description="What killed the model's process, where something did.")


class JobUrls(Shape):
    """Where to ask next, relative to the API's address."""

    self: str
    cancel: str
    output: str = Field(description="Of a succeeded job, signed: needs no key, for a while.")


class Job(Shape):
    """One inference request."""

    id: str
    model: str
    version: int
    status: Literal["queued", "running", "succeeded", "failed", "canceled", "expired"]
    output: Any = Field(description="What predict_single returned; null unless succeeded, and in lists.")
    output_encoding: Literal["json", "base64"] | None = Field(description="base64: the model returned bytes.")
    output_bytes: int | None = Field(description="Set where the output is too large for here: get urls.output.")
    error: JobError | None
    logs: str = Field(description='What the model printed, so far while it runs; "" in lists until it has ended.')
    logs_truncated: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    queue_seconds: float | None
    predict_seconds: float | None
    attempts: int
    urls: JobUrls


class JobPage(Shape):
    """Some jobs, newest first, without their outputs."""

    jobs: list[Job]
    next_cursor: str | None = Field(description="Give it as `cursor` to get the next page; null on the last.")


class BatchUrls(Shape):
    """Where to ask next, relative to the API's address."""

    self: str
    results: str
    cancel: str


class Batch(Shape):
    """Many inputs handed in together. The counts are of lines; together they are the total."""

    id: str
    model: str
    version: int
    status: Literal["running", "canceling", "completed", "canceled"]
    total: int
    queued: int
    running: int
    succeeded: int
    failed: int
    canceled: int
    expired: int
    results: int = Field(description="How many lines are among the results by now.")
    waits_for: str | None = Field(description="The quota, or what else, that keeps the next lines from being queued.")
    created_at: datetime
    finished_at: datetime | None
    urls: BatchUrls


class BatchPage(Shape):
    """Some batches, newest first."""

    batches: list[Batch]
    next_cursor: str | None = Field(description="Give it as `cursor` to get the next page; null on the last.")


class Violation(Shape):
    """One thing a source may not do."""

    line: int
    column: int
    code: str
    message: str
    hint: str
    source_line: str


class Verdict(Shape):
    """What the policy said to a source."""

    accepted: bool
    source_sha256: str
    policy_version: str
    python_version: str
    class_name: str | None
    violations: list[Violation]


class VersionUrls(Shape):
    """Where to ask next, relative to the API's address."""

    self: str
    model: str
    jobs: str


class Version(Shape):
    """One upload of a model. Only its status, and what comes with it, ever changes."""

    id: str
    model_id: str
    model: str
    version: int
    status: Literal["checking", "ready", "refused", "failed"]
    class_name: str
    config: dict[str, Any]
    verdict: Verdict
    error: dict[str, Any] | None = Field(description="Why loading failed: the model's own error and traceback.")
    load_mode: Literal["auto", "meta", "plain"]
    source_sha256: str
    source_bytes: int
    weights_sha256: str
    weights_bytes: int
    created_at: datetime
    checked_at: datetime | None
    urls: VersionUrls


class ModelUrls(Shape):
    """Where to ask next, relative to the API's address."""

    self: str
    jobs: str
    tokens: str


class Model(Shape):
    """A name, and its versions, newest first."""

    id: str
    name: str
    created_at: datetime
    ready_version: int | None = Field(description="The version that serves jobs.")
    latest_version: int
    versions: list[Version]
    urls: ModelUrls


class ModelList(Shape):
    """Every model the key may see."""

    models: list[Model]


class NewToken(Shape):
    """A fresh access token. Its text is shown this once."""

    id: str
    token: str
    name: str
    model: str
    created_at: datetime


class Token(Shape):
    """An access token in force."""

    id: str
    name: str
    prefix: str = Field(description="How the token begins.")
    model: str
    created_at: datetime


class TokenList(Shape):
    """The access tokens of a model."""

    tokens: list[Token]


class Quota(Shape):
    """How much of one thing a tenant may use."""

    limit: int
    used: float | None = Field(description="Now, or this month; null for limits of one job, sandbox or upload.")


class QuotaTable(Shape):
    """Every quota by its name."""

    quotas: dict[str, Quota]


class JobCounts(Shape):
    """Ended jobs by their end: `failed` is the model's doing, `platform` ours."""

    succeeded: int
    failed: int
    platform: int
    canceled: int
    expired: int


class UsageTotals(Shape):
    """What jobs used."""

    jobs: JobCounts
    run_seconds: float
    gpu_seconds: float
    input_bytes: int
    output_bytes: int


class UsageDay(UsageTotals):
    """What a model's jobs used that ended on one day (UTC)."""

    date: date
    model: str


class Usage(Shape):
    """What ended jobs used, by day and model. Complete but for the last seconds."""

    first: date = Field(alias="from")
    to: date
    days: list[UsageDay]
    total: UsageTotals


class Health(Shape):
    """The process answers."""

    status: Literal["ok"]


class Readiness(Shape):
    """Everything a job needs is up."""

    status: Literal["ready"]
    checks: dict[str, str]
