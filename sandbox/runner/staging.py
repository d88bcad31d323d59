"""Weights from the mapped file to the device, through a few pinned buffers of bounded size.

A copy from ordinary memory makes the driver pin it piece by piece; from pinned memory it runs by itself,
so that reading the next piece and copying this one go on at once. The buffers are used in turn: before one
is written again, what was copied out of it has to have arrived.
"""

from __future__ import annotations

from typing import Protocol

import torch

BUFFER_BYTES = 32 << 20  # large enough that a copy's start costs nothing beside it
BUFFERS = 2  # one is filled while the other is copied
_ALIGN = 256


class Mark(Protocol):
    """A point in the order of copies."""

    def synchronize(self) -> None:
        """Wait until every copy begun before this point has arrived."""


class Copies(Protocol):
    """What staging asks of a device. ``sandbox.runner.gpu`` has CUDA's."""

    def has(self, tensor: torch.Tensor) -> bool:
        """True when it is there already."""

    def like(self, tensor: torch.Tensor) -> torch.Tensor:
        """A tensor of the same kind there, with nothing in it yet."""

    def plainly(self, tensor: torch.Tensor) -> torch.Tensor:
        """A copy there, made without staging and finished when this returns."""

    def pinned(self, size_bytes: int) -> torch.Tensor:
        """That many bytes of host memory that the device can read by itself."""

    def begin(self, target: torch.Tensor, source: torch.Tensor) -> None:
        """Begin to copy pinned bytes; ``source`` must stay as it is until they have arrived."""

    def mark(self) -> Mark:
        """This point in the order of copies."""


class Stager:
    """Copies tensors to one device. Call ``finish`` at the end: before it, what was copied may not be there."""

    def __init__(self, copies: Copies, *, buffer_bytes: int = BUFFER_BYTES, buffers: int = BUFFERS) -> None:
        self._copies = copies
        self._buffers = [copies.pinned(buffer_bytes) for _ in range(buffers)]
        self._marks: list[Mark | None] = [None] * buffers
        self._current = 0
        self._used_bytes = 0
        self._moved: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}  # by identity; the source is kept alive

    def move(self, tensor: torch.Tensor) -> torch.Tensor:
        """The tensor on the device. One that is there is returned; one that was moved before is the same again."""
        if self._copies.has(tensor):
            return tensor
        if id(tensor) not in self._moved:
            self._moved[id(tensor)] = (tensor, self._copied(tensor))
        return self._moved[id(tensor)][1]

    def finish(self) -> None:
        """Wait until everything has arrived."""
        self._copies.mark().synchronize()
        self._moved.clear()

    def _copied(self, tensor: torch.Tensor) -> torch.Tensor:
        if not _is_plain(tensor):
            return self._copies.plainly(tensor)
        target = self._copies.like(tensor)
        if tensor.numel():
            self._stage(_bytes_of(tensor), _bytes_of(target))
        return target

    def _stage(self, source: torch.Tensor, target: torch.Tensor) -> None:
        at, size = 0, source.numel()
        while at < size:
            buffer = self._buffers[self._current]
            step = min(size - at, buffer.numel() - self._used_bytes)
            if step <= 0:
                self._turn()
                continue
            piece = buffer[self._used_bytes : self._used_bytes + step]
            piece.copy_(source[at : at + step])
            self._copies.begin(target[at : at + step], piece)
            at += step
            self._used_bytes += -(-step // _ALIGN) * _ALIGN

    def _turn(self) -> None:
        """Go on in the next buffer, once what was copied out of it has arrived."""
        self._marks[self._current] = self._copies.mark()
        self._current = (self._current + 1) % len(self._buffers)
        self._used_bytes = 0
        mark = self._marks[self._current]
        if mark is not None:
            mark.synchronize()


def _is_plain(tensor: torch.Tensor) -> bool:
    """Bytes in a row in the host's memory, and no type of its own that knows better."""
    if type(tensor) not in (torch.Tensor, torch.nn.Parameter) or tensor.device.type != "cpu":
        return False
    return tensor.layout == torch.strided and tensor.is_contiguous() and not tensor.is_quantized


def _bytes_of(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().reshape(-1).view(torch.uint8)
