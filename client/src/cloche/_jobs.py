"""One job: where it stands, its output, its logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, overload
from urllib.parse import quote

from cloche._deadline import Deadline
from cloche._errors import ApiError, JobCanceled, JobExpired, JobFailed, WaitTimedOut
from cloche._events import Event, events
from cloche._outputs import fetched_output, job_output
from cloche._transport import WAIT_MARGIN_SECONDS, Request, Transport

Status = Literal["queued", "running", "succeeded", "failed", "canceled", "expired"]
ENDED: frozenset[str] = frozenset({"succeeded", "failed", "canceled", "expired"})

# One request waits this long at most, so that proxies with a minute's patience let it live.
WAIT_STEP_SECONDS = 30.0


class Job:
    """A job on the engine. Holds what was last heard of it, and asks again until it has ended."""

    def __init__(self, data: Mapping[str, Any], *, transport: Transport, whole: bool = True) -> None:
        self._data = dict(data)
        self._transport = transport
        self._whole = whole  # a job out of a list comes without its output

    def __repr__(self) -> str:
        return f"<Job {self.id} of {self.model!r}, last seen {self._data['status']}>"

    @property
    def id(self) -> str:
        """The engine's name for it."""
        return str(self._data["id"])

    @property
    def model(self) -> str:
        """The model's name."""
        return str(self._data.get("model") or "")

    @property
    def version(self) -> int | None:
        """The version that answers: the newest ready one at the time of asking."""
        number = self._data.get("version")
        return number if isinstance(number, int) else None

    @property
    def status(self) -> Status:
        """Where it stands now. Asks the engine, unless the job has ended."""
        self.refresh()
        status: Status = self._data["status"]
        return status

    @property
    def ended(self) -> bool:
        """True when nothing will change any more. Goes by what was last heard; asks nobody."""
        return self._data["status"] in ENDED

    @property
    def created_at(self) -> datetime | None:
        """When the engine accepted it, by the engine's clock."""
        return _moment(self._data.get("created_at"))

    @property
    def started_at(self) -> datetime | None:
        """When it began to run; None while it is queued. Goes by what was last heard."""
        return _moment(self._data.get("started_at"))

    @property
    def finished_at(self) -> datetime | None:
        """When it ended; None before that. Goes by what was last heard."""
        return _moment(self._data.get("finished_at"))

    @property
    def queue_seconds(self) -> float | None:
        """How long it waited; None while it does."""
        return self._data.get("queue_seconds")

    @property
    def predict_seconds(self) -> float | None:
        """How long predict_single took; None where it was not run to its end."""
        return self._data.get("predict_seconds")

    def to_dict(self) -> dict[str, Any]:
        """The engine's JSON as last heard."""
        return dict(self._data)

    def refresh(self) -> Job:
        """Ask the engine where it stands, unless it has ended."""
        if not (self.ended and self._whole):
            self._fetch(wait_seconds=0.0, deadline=None)
        return self

    def wait(self, timeout: float | None = None) -> Job:
        """Return once it has ended, however it did. Raises WaitTimedOut after ``timeout`` seconds.

        The engine counts whole seconds, so that it may take up to one more.
        """
        return self._wait(Deadline(timeout))

    def result(self, timeout: float | None = None) -> Any:
        """Wait, then what predict_single returned.

        Raises JobFailed, JobCanceled or JobExpired when the job ended otherwise, WaitTimedOut when it
        has not ended after ``timeout`` seconds; it goes on then, and can be waited for again.
        """
        return self._result_by(Deadline(timeout))

    def _result_by(self, deadline: Deadline) -> Any:
        """The same for who has waited for a part of the time already."""
        self._wait(deadline)
        match self._data["status"]:
            case "succeeded":
                return job_output(self._data) if not self._data.get("output_bytes") else self._fetch_output()
            case "canceled":
                raise JobCanceled(job=self)
            case "expired":
                raise JobExpired(job=self)
            case _:
                raise JobFailed(self._data.get("error") or {}, job=self)

    def cancel(self) -> Job:
        """Ask for its end: at once where it is queued, by killing its sandbox where it runs.

        A job that ended before stays as it is. Does not wait for the sandbox to be gone.
        """
        if not self.ended:
            self._cancel()
        return self

    def _cancel(self) -> None:
        try:
            self._data = self._transport.send(Request("POST", f"{self._path}/cancel")).json()
        except ApiError as exc:
            if exc.code != "job_not_cancelable":  # it ended in the meantime, which is what was wanted
                raise
            self.refresh()

    def events(self) -> Iterator[Event]:
        """What happens to it, as it happens: status, printed text, and in the end the result.

        Waits for as long as the job lives; a connection that breaks is made again and nothing is missed. Break out
        of the loop to stop listening. Raises ApiError, or ConnectionFailed when the engine stays away.
        """
        for event in events(self._transport, f"{self._path}/events"):
            if event.kind == "result":
                self._data, self._whole = dict(event.data), True
            yield event

    @overload
    def logs(self, *, follow: Literal[False] = False) -> str: ...

    @overload
    def logs(self, *, follow: Literal[True]) -> Iterator[str]: ...

    def logs(self, *, follow: bool = False) -> str | Iterator[str]:
        """What the model printed, so far while it runs and as far as the engine kept it. Asks until the job has ended.

        With ``follow``, pieces of it as they are printed, until the job has ended: ``print(piece, end="")``. A job
        that is run again, because its worker died, prints again.
        """
        if follow:
            return (str(event.data["text"]) for event in self.events() if event.kind == "log")
        self.refresh()
        return str(self._data.get("logs") or "")

    def _wait(self, deadline: Deadline) -> Job:
        while not (self.ended and self._whole):
            if deadline.passed and not self.ended:
                still = f"Job {self.id} is still {self._data['status']} after {deadline.seconds:g} s; it goes on."
                raise WaitTimedOut(still, job=self)
            self._fetch(wait_seconds=min(WAIT_STEP_SECONDS, deadline.left_seconds), deadline=deadline)
        return self

    @property
    def _path(self) -> str:
        return f"/v1/jobs/{quote(self.id, safe='')}"

    def _fetch_output(self) -> Any:
        """An output that is too large to stand in the job's JSON. Fetched anew by each call."""
        response = self._transport.send(Request("GET", f"{self._path}/output"))
        return fetched_output(response.content, media=response.headers.get("Content-Type", ""))

    def _fetch(self, *, wait_seconds: float, deadline: Deadline | None) -> None:
        request = Request(
            "GET",
            self._path,
            headers=prefer_wait(wait_seconds),
            read_seconds=wait_seconds + WAIT_MARGIN_SECONDS,
        )
        self._data = self._transport.send(request, deadline=deadline).json()
        self._whole = True


def prefer_wait(seconds: float) -> dict[str, str]:
    """The header that asks the engine to answer only once there is news, or after whole seconds."""
    return {"Prefer": f"wait={max(1, int(seconds))}"} if seconds > 0 else {}


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
