"""One container, from blank to gone."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import docker.errors
import structlog

from policies.limits import KIB, MIB, Limits
from sandbox import hardening
from sandbox.channel import Channel
from sandbox.contract import Bound, Bundle, Call, LoadFailure, Spent
from sandbox.cpu_meter import CpuMeter
from sandbox.engine import Engine
from sandbox.errors import EngineUnreachable
from sandbox.live_text import BEGIN_SECONDS, EVERY_SECONDS, LiveText
from sandbox.log_pipe import LogPipe
from sandbox.messages import Answer, Closed, Loaded, LoadFailed, Message, Violated, check_json, plain
from sandbox.outcome import SURVIVABLE, Outcome
from sandbox.postmortem import Death, examine
from sandbox.runner import frames

log = structlog.get_logger()

_LOG_MAX_BYTES = 128 * KIB  # of one call: it travels in a frame's header, which is capped


class DockerSandbox:
    """A sandbox of DockerDriver. ``bind`` and ``run`` belong to one thread at a time; the rest to any."""

    def __init__(
        self,
        container_id: str,
        *,
        channel: Channel,
        engine: Engine,
        limits: Limits,
        on_gone: Callable[[], None],
        device: str | None = None,
    ) -> None:
        self.name = container_id[:12]
        self.container_id = container_id
        self._channel = channel
        self._runner_pid = channel.peer_pid
        self._engine = engine
        self._limits = limits
        self._on_gone = on_gone
        self._device = device
        self._pipe = LogPipe()
        channel.watch(self._pipe.read_fd)
        self._meter = CpuMeter(engine, container_id)
        self._uses = 0
        self._worked_seconds = 0.0
        self._canceled = False
        self._gone = False
        self._state_lock = threading.Lock()
        self._in_use = threading.Lock()

    @property
    def alive(self) -> bool:
        """False once destroyed, killed or condemned, and when an idle one hung up or spoke unasked."""
        if not self._gone and self._in_use.acquire(blocking=False):
            silent = not self._channel.readable() or self._channel.silence() == "kept"
            self._in_use.release()
            self._hang_up_if_gone()
            return silent and not self._gone
        return not self._gone

    def bind(self, bundle: Bundle) -> Bound | LoadFailure:
        """Set the version's limits, hand its files over and wait until it is loaded."""
        started = time.monotonic()
        with self._in_use:
            self._uses += 1
            result = self._misplaced(bundle) or self._bind(bundle, started)
            if isinstance(result, LoadFailure):
                self.destroy()
        self._hang_up_if_gone()
        return result

    def run(self, calls: Sequence[Call]) -> Iterator[Outcome]:
        """See the contract. All calls are sent ahead; abandoning the iterator destroys the sandbox."""
        with self._in_use:
            self._uses += 1
            finished = False
            try:
                if not self._gone:
                    yield from self._run(calls)
                finished = True
            finally:
                if not finished:
                    self.destroy()
        self._hang_up_if_gone()

    def cancel(self) -> None:
        """Kill what runs; its call ends as canceled. Nothing happens to a sandbox that is gone."""
        self._canceled = True
        self.destroy()

    def destroy(self) -> None:
        """Mark it gone at once; the container is killed and removed in the background."""
        with self._state_lock:
            if self._gone:
                return
            self._gone = True
        self._channel.wake()
        self._on_gone()
        self._hang_up_if_gone()

    def spent(self) -> Spent | None:
        """See the contract. Reads a file, or asks the engine where there is none to read."""
        uses = self._uses
        seconds = None if self._gone or self._in_use.locked() else self._meter.read()
        if seconds is None or self._in_use.locked() or self._uses != uses:
            return None
        return Spent(uses, self._worked_seconds, seconds)

    def discard(self, *, uses: int) -> bool:
        """See the contract."""
        if not self._in_use.acquire(blocking=False):
            return False
        try:
            if unused := self._uses == uses and not self._gone:
                self.destroy()
        finally:
            self._in_use.release()
        self._hang_up_if_gone()
        return unused

    def _hang_up_if_gone(self) -> None:
        """Close our ends, unless a thread still uses them: that one does it when it is done."""
        if self._gone and self._in_use.acquire(blocking=False):
            self._channel.close()
            self._pipe.close()
            self._in_use.release()

    # -- binding

    def _misplaced(self, bundle: Bundle) -> LoadFailure | None:
        if bool(bundle.limits.gpus) == (self._device is not None):
            return None
        return LoadFailure("platform", "The version came to a worker of the wrong kind: one with GPUs, or one without.")

    def _bind(self, bundle: Bundle, started: float) -> Bound | LoadFailure:
        deadline = started + bundle.limits.load_timeout_seconds
        try:
            self._apply(bundle.limits)
            self._hand_over(bundle)
            frame = self._channel.receive(deadline=deadline, body_max_bytes=0)
            return self._loaded(frame[0], started) if frame is not None else self._late_loading(bundle.limits)
        except (EngineUnreachable, docker.errors.APIError, OSError) as exc:
            floor_bytes = hardening.GPU_FLOOR_BYTES if self._device is not None else hardening.FLOOR_BYTES
            if isinstance(exc, docker.errors.APIError) and bundle.limits.memory_bytes < floor_bytes:
                return LoadFailure("out_of_memory", _too_little(bundle.limits, floor_bytes=floor_bytes))
            # For whoever runs this, not for the tenant: it names paths and containers of the host.
            log.warning("version_not_handed_over", version_id=bundle.version_id, sandbox=self.name, error=str(exc))
            return LoadFailure("platform", "The sandbox could not be given the version.")
        except Violated as exc:
            return LoadFailure("protocol_violation", f"The model broke the protocol while it was loaded: {exc}.")
        except Closed:
            return self._died_loading()

    def _apply(self, limits: Limits) -> None:
        wanted = hardening.resources(limits)
        if wanted != hardening.resources(self._limits):
            self._engine.limit(self.container_id, wanted)
        self._limits = limits

    def _hand_over(self, bundle: Bundle) -> None:
        header = {
            "op": "bind",
            "class_name": bundle.class_name,
            "load": bundle.load,
            "threads": max(1, math.floor(bundle.limits.cpus)),
            "log_bytes": self._log_bytes,
            "output_bytes": bundle.limits.output_bytes,
            "gpu_memory_bytes": bundle.limits.gpu_memory_bytes,
        }
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
        opened: list[int] = []
        try:
            opened.append(os.open(bundle.source, flags))
            opened.append(os.open(bundle.weights, flags))
            self._channel.send_descriptors(frames.encode(header), [*opened, self._pipe.write_fd])
            self._pipe.handed_over()
        finally:
            for fd in opened:
                os.close(fd)

    def _loaded(self, message: Message, started: float) -> Bound | LoadFailure:
        if isinstance(message, Loaded):
            self._check_logs(message.logs)
            return Bound(load=message.load, seconds=time.monotonic() - started, logs=message.logs)
        if isinstance(message, LoadFailed):
            self._check_logs(message.logs)
            return LoadFailure(message.kind, message.message, message.traceback, message.logs, plain(message.detail))
        return LoadFailure("protocol_violation", "The model broke the protocol while it was loaded.")

    def _died_loading(self) -> LoadFailure:
        death = self._examined()
        logs, _ = self._last_words("load")
        return LoadFailure(death.kind, f"While the model was loaded: {death.message}", logs=logs)

    def _late_loading(self, limits: Limits) -> LoadFailure:
        logs, _ = self._last_words("load")
        if self._canceled:
            return LoadFailure("canceled", "Canceled while the model was loaded.", logs=logs)
        if self._gone:
            return LoadFailure("platform", "The sandbox was destroyed while the model was loaded.", logs=logs)
        message = f"Loading took longer than {limits.load_timeout_seconds:g} s."
        return LoadFailure("timed_out", message, logs=logs)

    # -- running

    def _run(self, calls: Sequence[Call]) -> Iterator[Outcome]:
        if self._channel.readable():
            self._pipe.drain()
            silence = self._channel.silence()
            if silence != "kept":
                yield self._end_before(calls, broken=silence == "broken")
                return
        for call in calls:
            self._channel.ask(call.id, call.kind, call.payload)
        for call in calls:
            outcome = self._await(call)
            self._worked_seconds += outcome.wall_seconds
            if outcome.kind not in SURVIVABLE:
                self.destroy()
                yield outcome
                return
            yield outcome

    def _await(self, call: Call) -> Outcome:
        """The next answer, which must be this call's; its clock starts now."""
        started = time.monotonic()
        deadline = started + call.timeout_seconds
        try:
            frame = self._channel.receive(
                deadline=min(deadline, started + BEGIN_SECONDS), body_max_bytes=self._limits.output_bytes
            )
            if frame is None:
                frame = self._await_long(call, deadline)
            if frame is None:
                return self._late(call, started)
            return self._answered(call, *frame, started)
        except Violated as exc:
            death = Death("protocol_violation", f"What the sandbox sent is not an answer: {exc}.")
        except Closed:
            death = Death("canceled", "Canceled.") if self._canceled else self._examined()
        return self._dead(call, death, started)

    def _await_long(self, call: Call, deadline: float) -> tuple[Message, bytes] | None:
        """The answer of a call that takes its time. What it prints is told meanwhile."""
        output_bytes = self._limits.output_bytes
        if call.on_printed is None:
            return self._channel.receive(deadline=deadline, body_max_bytes=output_bytes)
        live = LiveText(self._pipe, call.id, limit_bytes=self._log_bytes, on_printed=call.on_printed)
        frame = None
        try:
            while frame is None and not self._gone and (now := time.monotonic()) < deadline:
                live.tell()
                frame = self._channel.receive(deadline=min(deadline, now + EVERY_SECONDS), body_max_bytes=output_bytes)
        finally:
            live.tell(final=True)
        return frame

    def _answered(self, call: Call, message: Message, body: bytes, started: float) -> Outcome:
        if not isinstance(message, Answer) or message.id != call.id:
            raise Violated("it answers something that was not asked")
        if message.kind == "succeeded":
            if message.out == "json":
                check_json(body)
        elif body:
            raise Violated("an error came with output")
        if message.logs:
            self._check_logs(message.logs)
            self._pipe.forget(call.id)
        return Outcome(
            call_id=call.id,
            kind=message.kind,
            output_kind=message.out,
            output=body,
            message=message.message,
            traceback=message.traceback,
            logs=message.logs,
            logs_truncated=message.logs_truncated,
            wall_seconds=time.monotonic() - started,
        )

    def _late(self, call: Call, started: float) -> Outcome:
        """No answer at the deadline, or somebody destroyed the sandbox under us."""
        if self._canceled:
            return self._dead(call, Death("canceled", "Canceled."), started)
        if self._gone:
            return self._dead(call, Death("platform", "The sandbox was destroyed while it worked."), started)
        if self._out_of_processes():
            return self._dead(call, Death("out_of_processes", "The model started more processes than it may."), started)
        message = f"predict_single took longer than {call.timeout_seconds:g} s."
        return self._dead(call, Death("timed_out", message), started)

    def _end_before(self, calls: Sequence[Call], *, broken: bool) -> Outcome:
        """The sandbox ended, or spoke, while it was idle: the first call is the one to hear of it."""
        started = time.monotonic()
        death = Death("protocol_violation", "The sandbox spoke before it was asked.")
        if not broken:
            death = Death("platform", "The sandbox died while it was idle.")
        self.destroy()
        return self._dead(calls[0], death, started)

    def _dead(self, call: Call, death: Death, started: float) -> Outcome:
        logs, truncated = self._last_words(call.id)
        return Outcome(
            call_id=call.id,
            kind=death.kind,
            message=death.message,
            logs=logs,
            logs_truncated=truncated,
            wall_seconds=time.monotonic() - started,
            signal=death.signal,
        )

    def _examined(self) -> Death:
        return examine(
            self._engine, self.container_id, runner_pid=self._runner_pid, memory_bytes=self._limits.memory_bytes
        )

    def _out_of_processes(self) -> bool:
        try:
            current, limit = self._engine.processes(self.container_id)
        except (EngineUnreachable, docker.errors.APIError):
            return False
        return limit > 0 and current >= limit

    def _last_words(self, call_id: str) -> tuple[str, bool]:
        return self._pipe.last_words(call_id, limit_bytes=self._log_bytes)

    @property
    def _log_bytes(self) -> int:
        return min(self._limits.log_bytes, _LOG_MAX_BYTES)

    def _check_logs(self, text: str) -> None:
        """Raise Violated where there is more than a runner sends: it cuts, and marks half a character as one."""
        if len(text.encode()) > self._log_bytes + len("\N{REPLACEMENT CHARACTER}".encode()):
            raise Violated("it printed more than may be kept")


def _too_little(limits: Limits, *, floor_bytes: int) -> str:
    return (
        f"The memory limit of {limits.memory_bytes // MIB} MiB is less than a sandbox takes before any model is in it. "
        f"Allow at least {floor_bytes // MIB} MiB."
    )
