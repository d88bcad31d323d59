"""The host's end of a sandbox's socket. Everything that arrives is hostile.

Lengths are checked before a byte of the frame is kept, headers are decoded against a fixed shape, and
output that claims to be JSON is checked to be JSON. Descriptors are never accepted: the kernel closes
what plain ``recv`` doesn't ask for.
"""

from __future__ import annotations

import array
import contextlib
import select
import socket
import struct
import threading
import time
from collections.abc import Sequence
from typing import Literal

from sandbox.anticipation import Anticipation, processor_to_spare
from sandbox.messages import Closed, Message, Violated, ask, decode, rehearse
from sandbox.runner import frames

_RECEIVE_BYTES = 65_536  # at first: a larger buffer is mapped and unmapped for every answer
_MORE_BYTES = 262_144  # of a frame that did not fit
_JOINED_BYTES = 65_536  # up to here one buffer and `send` cost less than several and `sendmsg`
_SHORT_SECONDS = 0.05  # most calls are answered within: waiting in `recv` itself saves the poll before it
_SELECTABLE = 1024  # descriptors that `select` takes
_CREDENTIALS = struct.Struct("@iII")  # process, user, group
_SHORT_TIMEVAL = struct.pack("@ll", 0, round(_SHORT_SECONDS * 1e6))


class Channel:
    """One connection. Not thread-safe, but ``wake`` may be called from anywhere and ends a wait for good."""

    def __init__(self, sock: socket.socket) -> None:
        # Only the first wait for an answer blocks, and not for long; everything else asks with MSG_DONTWAIT.
        sock.setblocking(True)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _SHORT_TIMEVAL)
        self._sock = sock
        self._in: bytes | bytearray = b""
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self._peek = select.poll()
        self._peek.register(sock, select.POLLIN)
        self._out: list[memoryview] = []
        self._anticipation = Anticipation()
        self._woken = False
        self._closed = False
        self._lock = threading.Lock()

    @property
    def peer_pid(self) -> int:
        """The process that dialled, by its number here; 0 where this process can't see it."""
        credentials = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        return int(_CREDENTIALS.unpack(credentials)[0])

    def wake(self) -> None:
        """Make this and every later ``receive`` return None at once. The sandbox's end sees a hang-up."""
        with self._lock:
            self._woken = True
            if not self._closed:
                with contextlib.suppress(OSError):  # the other end was quicker
                    self._sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Hang up. Safe to call twice."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._sock.close()

    def watch(self, fd: int) -> None:
        """Let ``readable`` look at this descriptor as well."""
        self._peek.register(fd, select.POLLIN)

    def readable(self) -> bool:
        """True when bytes or the end of the stream wait, or a watched descriptor has some. False once closed."""
        if self._closed or self._in:
            return bool(self._in)
        return bool(self._peek.poll(0))

    def silence(self) -> Literal["kept", "broken", "gone"]:
        """Whether nothing arrived since the last answer: "broken" is speaking unasked, "gone" hanging up."""
        if self._in:
            return "broken"
        try:
            return "broken" if self._sock.recv(1, socket.MSG_DONTWAIT) else "gone"
        except BlockingIOError:
            return "kept"
        except OSError:
            return "gone"

    def ask(self, call_id: str, kind: str, payload: bytes) -> None:
        """Send one call ahead."""
        header = ask(call_id, kind)
        self.send(frames.PREFIX.pack(len(header), len(payload)) + header, payload)

    def send(self, *parts: bytes) -> None:
        """Queue a frame and send what fits now; the rest goes out while answers are awaited."""
        if self._out:
            self._out.extend(memoryview(part) for part in parts if part)
            return
        size = sum(map(len, parts))
        try:
            if size <= _JOINED_BYTES:
                sent = self._sock.send(b"".join(parts), socket.MSG_DONTWAIT)
            else:
                sent = self._sock.sendmsg(parts, (), socket.MSG_DONTWAIT)
        except BlockingIOError:
            sent = 0
        except OSError:  # nobody reads any more; what it said before is still to be received, then the end
            return
        if sent != size:
            self._queue_rest(parts, sent)

    def send_descriptors(self, data: bytes, descriptors: Sequence[int]) -> None:
        """A small first frame with open files. Raises Closed when nobody is there."""
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
        try:
            sent = self._sock.sendmsg([data], ancillary, socket.MSG_DONTWAIT)
        except OSError as exc:
            raise Closed from exc
        if sent != len(data):
            raise Closed

    def receive(self, *, deadline: float, body_max_bytes: int) -> tuple[Message, bytes] | None:
        """The next frame, or None at the deadline or when woken. Raises Violated and Closed."""
        patient = False
        begun = time.monotonic()
        while True:
            frame = self._take(body_max_bytes)
            if frame is not None:
                self._anticipation.learn(time.monotonic() - begun)
                return frame
            seconds = deadline - time.monotonic()
            if self._woken or seconds <= 0:
                return None
            if patient or self._out or seconds < _SHORT_SECONDS:
                if not self._wait(seconds):
                    return None
            else:
                patient = not (self._meet(begun) or self._receive_some(0))

    def _meet(self, begun: float) -> bool:
        """Be awake when the answer is due, if that is known; False when nothing came by then."""
        window = self._anticipation.window()
        if window is None or self._sock.fileno() >= _SELECTABLE:
            return False
        opens, closes = begun + window[0], begun + window[1]
        asleep = max(0.0, opens - time.monotonic())
        if select.select([self._sock], [], [], asleep)[0]:  # `poll` counts in whole milliseconds
            return self._receive_some(socket.MSG_DONTWAIT)
        if not processor_to_spare():
            return False
        rehearse()
        came = False
        while not came and not self._woken and time.monotonic() < closes:
            came = self._receive_some(socket.MSG_DONTWAIT)
        self._anticipation.met(awake=came)
        return came

    def _wait(self, seconds: float) -> bool:
        """Move bytes in either direction; False when the time is over."""
        ready = self._poll.poll(seconds * 1000)
        for _fd, events in ready:
            if events & select.POLLOUT:
                self._flush()
            if events & ~select.POLLOUT:
                self._receive_some(socket.MSG_DONTWAIT)
        return bool(ready)

    def _receive_some(self, flags: int) -> bool:
        """What waits in the socket; False when nothing did, for as long as ``flags`` let it wait."""
        try:
            data = self._sock.recv(_MORE_BYTES if self._in else _RECEIVE_BYTES, flags)
        except BlockingIOError:
            return False
        except OSError as exc:
            raise Closed from exc
        if not data and not self._woken:  # who woke us shut the socket
            raise Closed
        if isinstance(self._in, bytearray):
            self._in += data
        else:
            self._in = bytearray(self._in + data) if self._in else data
        return bool(data)

    def _flush(self) -> None:
        while self._out:
            try:
                sent = self._sock.send(self._out[0], socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except OSError:
                self._out.clear()
                break
            self._out[0] = self._out[0][sent:]
            if not self._out[0]:
                del self._out[0]
        self._poll.modify(self._sock, select.POLLIN)

    def _queue_rest(self, parts: Sequence[bytes], sent: int) -> None:
        for part in parts:
            if sent < len(part):
                self._out.append(memoryview(part)[sent:])
            sent = max(0, sent - len(part))
        self._poll.modify(self._sock, select.POLLIN | select.POLLOUT)

    def _take(self, body_max_bytes: int) -> tuple[Message, bytes] | None:
        """A whole frame off the buffer, None when it isn't there yet."""
        buffered = self._in
        if len(buffered) < frames.PREFIX.size:
            return None
        header_length, body_length = frames.PREFIX.unpack_from(buffered)
        if header_length > frames.HEADER_MAX_BYTES or body_length > body_max_bytes:
            raise Violated(f"a frame of {header_length} + {body_length} bytes was announced")
        start, end = frames.PREFIX.size, frames.PREFIX.size + header_length
        if len(buffered) < end + body_length:
            return None
        message = decode(buffered[start:end])
        body = bytes(buffered[end : end + body_length])
        if isinstance(buffered, bytearray):
            del buffered[: end + body_length]
            self._in = buffered or b""
        else:  # the usual case: one receive, exactly one frame, nothing copied but the body
            self._in = bytearray(buffered[end + body_length :]) if len(buffered) > end + body_length else b""
        return message, body
