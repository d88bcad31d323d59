"""One engine, seen by one key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from cloche._batches import Batch, batch_request
from cloche._deadline import Deadline
from cloche._errors import WaitTimedOut
from cloche._inputs import JobOptions, job_body, key_header
from cloche._jobs import WAIT_STEP_SECONDS, Job, Status, prefer_wait
from cloche._models import Model, Version
from cloche._quotas import Quota
from cloche._retry import Retry
from cloche._settings import settings
from cloche._transport import READ_SECONDS, WAIT_MARGIN_SECONDS, Request, Transport
from cloche._uploads import OnBytes, Upload, UploadRequest
from cloche._usage import Usage
from cloche._verdict import Verdict
from cloche._webhooks import EVERYTHING, GRACE_SECONDS, Delivery, Webhook, json_request

PREDICT_SECONDS = 60.0
PAGE_JOBS = 100


class Client:
    """One engine, seen by one key. Safe to share between threads; a context manager, or call close().

    ``url`` and ``api_key`` default to ``CLOCHE_URL`` (http://127.0.0.1:8000) and ``CLOCHE_API_KEY``.
    An access token is a key too: it may run its one model and read that model's jobs.
    """

    def __init__(self, url: str | None = None, api_key: str | None = None, *, retry: Retry | None = None) -> None:
        chosen = settings(url, api_key)
        self._transport = Transport(url=chosen.url, api_key=chosen.api_key, retry=retry or Retry())

    def __repr__(self) -> str:
        return f"<Client of {self.url}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The engine's address."""
        return self._transport.url

    def close(self) -> None:
        """Close the connections. Safe to call twice."""
        self._transport.close()

    # Asking

    def predict(
        self,
        model: str,
        input: object,  # noqa: A002 - the word the API uses
        *,
        version: int | None = None,
        timeout: float | None = PREDICT_SECONDS,
        timeout_seconds: float | None = None,
        deadline_seconds: float | None = None,
        cancel_after_seconds: float | None = None,
    ) -> Any:
        """What the model answers to ``input``, by its newest ready version or the one of that number.

        ``timeout`` is how long to wait here (None: for ever), ``timeout_seconds`` how long the model may
        compute, ``deadline_seconds`` how long the job may stay queued, ``cancel_after_seconds`` when it is canceled
        whatever its state. Raises JobFailed, JobCanceled or
        JobExpired when there is no answer, WaitTimedOut (its ``job`` goes on) when time is up here.
        """
        deadline = Deadline(timeout)
        options = JobOptions(
            version=version,
            timeout_seconds=timeout_seconds,
            deadline_seconds=deadline_seconds,
            cancel_after_seconds=cancel_after_seconds,
        )
        job = self._submit(model, input, options=options, deadline=deadline, wait_seconds=deadline.left_seconds)
        return job._result_by(deadline)

    def submit(
        self,
        model: str,
        input: object,  # noqa: A002 - the word the API uses
        *,
        version: int | None = None,
        timeout_seconds: float | None = None,
        deadline_seconds: float | None = None,
        cancel_after_seconds: float | None = None,
        webhook: str | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        """Hand in a job and return at once.

        A request that is sent again after a failure never makes a second job: each call carries an
        Idempotency-Key of its own, or the one given here.
        """
        options = JobOptions(
            version=version,
            timeout_seconds=timeout_seconds,
            deadline_seconds=deadline_seconds,
            cancel_after_seconds=cancel_after_seconds,
            webhook=webhook,
        )
        return self._submit(model, input, options=options, idempotency_key=idempotency_key)

    def job(self, job_id: str) -> Job:
        """A job by its id, as it stands now. Raises NotFound."""
        response = self._transport.send(Request("GET", f"/v1/jobs/{_quoted(job_id)}"))
        return Job(response.json(), transport=self._transport)

    def jobs(self, *, model: str | None = None, status: Status | None = None) -> Iterator[Job]:
        """This tenant's jobs, newest first, fetched page by page as they are asked for."""
        params = {"limit": str(PAGE_JOBS)}
        params |= {name: value for name, value in {"model": model, "status": status}.items() if value}
        while True:
            page = self._get("/v1/jobs", params=params)
            for data in page["jobs"]:
                yield Job(data, transport=self._transport, whole=False)
            if not page.get("next_cursor"):
                return
            params = {**params, "cursor": page["next_cursor"]}

    # Asking for many

    def batch(
        self,
        model: str,
        inputs: Iterable[object],
        *,
        ids: Sequence[str] | None = None,
        version: int | None = None,
        timeout_seconds: float | None = None,
        deadline_seconds: float | None = None,
        cancel_after_seconds: float | None = None,
        webhook: str | None = None,
        idempotency_key: str | None = None,
    ) -> Batch:
        """Hand in up to 100,000 inputs at once, what JSON knows each; they are checked before this returns.

        ``ids`` are your own names for them, given back with the results. ``webhook`` is told once, at the end. Inputs
        that have not begun after ``deadline_seconds`` expire; after ``cancel_after_seconds`` the batch is canceled.
        """
        options = {
            "version": version,
            "timeout_seconds": timeout_seconds,
            "deadline_seconds": deadline_seconds,
            "cancel_after_seconds": cancel_after_seconds,
            "webhook": webhook,
        }
        request = batch_request(model, inputs, ids=ids, options=options, idempotency_key=idempotency_key)
        return Batch(self._transport.send(request).json(), transport=self._transport)

    def get_batch(self, batch_id: str) -> Batch:
        """A batch by its id, as it stands now. Raises NotFound."""
        return Batch(self._get(f"/v1/batches/{_quoted(batch_id)}"), transport=self._transport)

    def batches(self) -> Iterator[Batch]:
        """This tenant's batches, newest first, fetched page by page as they are asked for."""
        params = {"limit": str(PAGE_JOBS)}
        while True:
            page = self._get("/v1/batches", params=params)
            for data in page["batches"]:
                yield Batch(data, transport=self._transport)
            if not page.get("next_cursor"):
                return
            params = {**params, "cursor": page["next_cursor"]}

    # Models

    def check(self, source: str | bytes) -> Verdict:
        """What the policy says about a source. Stores nothing, runs nothing."""
        content = source.encode() if isinstance(source, str) else source
        request = Request("POST", "/v1/check", content=content, headers={"Content-Type": "text/x-python"})
        return Verdict.from_dict(self._transport.send(request).json())

    def upload(self, upload: Upload, *, on_bytes: OnBytes = lambda count: None) -> Version:
        """Send files that exist already. The version is still being checked when this returns.

        The weights are streamed from their file, never held in memory; ``on_bytes`` is told of each
        part that went out.
        """
        with UploadRequest(upload, on_bytes=on_bytes) as request:
            return Version.from_dict(self._transport.send(request).json())

    def model(self, name: str) -> Model:
        """A model with its versions. Raises NotFound."""
        return Model.from_dict(self._get(f"/v1/models/{_quoted(name)}"))

    def models(self) -> list[Model]:
        """Every model of this tenant."""
        return [Model.from_dict(data) for data in self._get("/v1/models")["models"]]

    def delete_model(self, name: str) -> None:
        """Forget a model, its versions and its access tokens. Raises NotFound."""
        self._transport.send(Request("DELETE", f"/v1/models/{_quoted(name)}"))

    def version(self, name: str, number: int) -> Version:
        """One version, as it stands now. Raises NotFound."""
        return Version.from_dict(self._get(f"/v1/models/{_quoted(name)}/versions/{number}"))

    def wait_checked(self, version: Version, *, timeout: float | None = None) -> Version:
        """The version once it is no longer being checked: ready, refused or failed. Raises WaitTimedOut."""
        deadline = Deadline(timeout)
        path = f"/v1/models/{_quoted(version.model)}/versions/{version.number}"
        while version.status == "checking":
            if deadline.passed:
                raise WaitTimedOut(
                    f"Version {version.number} of {version.model!r} is still being checked after {timeout:g} s; "
                    "the check goes on."
                )
            wait_seconds = min(WAIT_STEP_SECONDS, deadline.left_seconds)
            version = Version.from_dict(self._get(path, wait_seconds=wait_seconds, deadline=deadline))
        return version

    def create_token(self, name: str) -> str:
        """A new access token: a key that may run this one model and nothing else. Shown this once."""
        # Sent twice it would make two tokens, one of them unknown to anybody.
        request = Request("POST", f"/v1/models/{_quoted(name)}/tokens", repeatable=False)
        return str(self._transport.send(request).json()["token"])

    # Using up

    def quotas(self) -> dict[str, Quota]:
        """Every quota of this tenant by its name: its limit, and how much of it is used."""
        return {name: Quota(**quota) for name, quota in self._get("/v1/quotas")["quotas"].items()}

    def usage(self, first: date | None = None, last: date | None = None, *, model: str | None = None) -> Usage:
        """What this tenant's ended jobs used from the first to the last day (UTC), by day and model.

        This month up to today where nothing is said; complete but for the last seconds. At most 366 days.
        """
        wanted = {"from": first, "to": last, "model": model}
        params = {name: str(value) for name, value in wanted.items() if value is not None}
        return Usage.from_dict(self._get("/v1/usage", params=params))

    # Webhooks

    def create_webhook(self, url: str, *, events: Sequence[str] = EVERYTHING, description: str = "") -> Webhook:
        """Have a URL told of events. ``to_dict()["secret"]`` signs what it is sent; ``secret()`` tells it later, too.

        Raises RequestInvalid, with the reason, for a URL that nothing may be sent to.
        """
        body = {"url": url, "events": list(events), "description": description}
        # Sent twice it would make two, and both would be told.
        request = json_request("POST", "/v1/webhooks", body, repeatable=False)
        return Webhook(self._transport.send(request).json(), transport=self._transport)

    def webhooks(self) -> list[Webhook]:
        """Every webhook of this tenant."""
        return [Webhook(data, transport=self._transport) for data in self._get("/v1/webhooks")["webhooks"]]

    def webhook(self, webhook_id: str) -> Webhook:
        """One webhook, as it stands now. Raises NotFound."""
        return Webhook(self._get(f"/v1/webhooks/{_quoted(webhook_id)}"), transport=self._transport)

    def webhook_secret(self) -> str:
        """What deliveries to the URLs that came with jobs are signed with; a webhook has a ``secret()`` of its own."""
        return str(self._get("/v1/webhooks/secret")["secret"])

    def rotate_webhook_secret(self, *, grace_seconds: int = GRACE_SECONDS) -> str:
        """A new one. For so long each delivery to the URL that came with a job carries a signature of the old one."""
        body = {"grace_seconds": grace_seconds}
        request = json_request("POST", "/v1/webhooks/secret/rotate", body, repeatable=False)
        return str(self._transport.send(request).json()["secret"])

    def delivery(self, delivery_id: str) -> Delivery:
        """One delivery, as it stands now: the ``webhook-id`` of what arrived names it. Raises NotFound."""
        return Delivery(self._get(f"/v1/deliveries/{_quoted(delivery_id)}"), transport=self._transport)

    def _submit(
        self,
        model: str,
        value: object,
        *,
        options: JobOptions,
        deadline: Deadline | None = None,
        wait_seconds: float = 0.0,
        idempotency_key: str | None = None,
    ) -> Job:
        body = job_body(value, options=options)
        wait_seconds = min(WAIT_STEP_SECONDS, wait_seconds)
        headers = {"Content-Type": body.content_type, "Idempotency-Key": key_header(idempotency_key)}
        request = Request(
            "POST",
            f"/v1/models/{_quoted(model)}/jobs",
            headers=headers | prefer_wait(wait_seconds),
            params=body.params,
            content=body.content,
            read_seconds=READ_SECONDS + wait_seconds,
        )
        return Job(self._transport.send(request, deadline=deadline).json(), transport=self._transport)

    def _get(
        self,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        wait_seconds: float = 0.0,
        deadline: Deadline | None = None,
    ) -> Any:
        read_seconds = wait_seconds + WAIT_MARGIN_SECONDS if wait_seconds else READ_SECONDS
        request = Request(
            "GET", path, params=params or {}, headers=prefer_wait(wait_seconds), read_seconds=read_seconds
        )
        return self._transport.send(request, deadline=deadline).json()


def _quoted(name: str) -> str:
    return quote(name, safe="")
