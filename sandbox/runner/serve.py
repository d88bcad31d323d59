"""The runner's life: hello, bind, then one call after the other."""

from __future__ import annotations

import array
import faulthandler
import json
import os
import socket
import sys
from dataclasses import dataclass
from typing import Any

import torch

from sandbox.runner import frames
from sandbox.runner.answer import Answerer, Reply
from sandbox.runner.gpu import Gpu, find
from sandbox.runner.load import LoadError, load
from sandbox.runner.printed import Printed

SOCKET_PATH = "/run/cloche/host.sock"
DESCRIPTORS = 3  # source, weights, log pipe
_PLAINLY = {"kind", "out"}  # all there is to say of an answer that succeeded and printed nothing


@dataclass(frozen=True, slots=True)
class Bind:
    """What the host asked for, with the descriptors it passed."""

    class_name: str
    load: str
    threads: int
    log_bytes: int
    output_bytes: int
    gpu_memory_bytes: int
    source_fd: int
    weights_fd: int
    log_fd: int


def main() -> int:
    """Serve one binding; returns when the host hangs up."""
    faulthandler.enable(all_threads=False)
    _warm_up()
    gpu, trouble = find()
    if trouble:
        print(trouble, file=sys.stderr)  # the host reads it: nothing of a tenant is here yet
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.connect(SOCKET_PATH)
    sock.sendall(frames.encode({"op": "hello", "protocol": frames.PROTOCOL, "gpus": int(gpu is not None)}))
    try:
        _serve(sock, gpu)
    except (frames.WireBroken, BrokenPipeError, ConnectionResetError):
        return 0
    return 0


def _warm_up() -> None:
    """Touch what the first answer would otherwise pay for: dispatcher, inference mode, a matrix product."""
    torch.set_num_threads(1)
    with torch.inference_mode():
        torch.nn.functional.relu(torch.nn.Linear(8, 8)(torch.zeros(1, 8))).tolist()


def _serve(sock: socket.socket, gpu: Gpu | None) -> None:
    bind = _receive_bind(sock)
    os.dup2(bind.log_fd, 1)
    os.dup2(bind.log_fd, 2)
    os.close(bind.log_fd)
    printed = Printed(limit_bytes=bind.log_bytes)
    printed.install()
    torch.set_num_threads(bind.threads)
    printed.begin("load")
    try:
        if gpu is not None:
            gpu.limit(bind.gpu_memory_bytes)
        loaded = load(bind.source_fd, bind.weights_fd, class_name=bind.class_name, mode=bind.load, gpu=gpu)
    except LoadError as exc:
        text, truncated = printed.end()
        failed = {"op": "load_failed", **exc.report(), "logs": text, "logs_truncated": truncated}
        sock.sendall(frames.encode(failed))
        return
    text, _ = printed.end()
    sock.sendall(frames.encode({"op": "bound", "load": loaded.mode, "logs": text}))
    _answer_forever(sock, loaded.predict_single, printed=printed, bind=bind, gpu=gpu)


def _answer_forever(sock: socket.socket, predict: Any, *, printed: Printed, bind: Bind, gpu: Gpu | None) -> None:
    """One call at a time, in order. Inference mode is entered once: it costs microseconds each time."""
    reader = frames.Reader(sock)
    answerer = Answerer(predict, output_bytes=bind.output_bytes, gpu=gpu)
    own_pid = os.getpid()
    with torch.inference_mode():
        while True:
            header, body = reader.frame()
            call_id = header["id"]
            printed.begin(call_id)
            reply, out = answerer.answer(header["kind"], body)
            if os.getpid() != own_pid:
                os._exit(0)  # a child the model forked and let run on: the parent answers, not the child
            text, truncated = printed.end()
            if text:
                reply["logs"] = text
                reply["logs_truncated"] = truncated
            _send(sock, _head(call_id, reply, len(out)), out)


def _head(call_id: str, reply: Reply, body_length: int) -> bytes:
    if reply.keys() == _PLAINLY:
        return frames.answered(call_id, reply["out"], body_length)
    return frames.encode({"op": "answer", "id": call_id, **reply}, body_length)


def _send(sock: socket.socket, head: bytes, body: bytes) -> None:
    if len(body) <= 65_536:
        sock.sendall(head + body)
        return
    sock.sendall(head)
    sock.sendall(body)


def _receive_bind(sock: socket.socket) -> Bind:
    """The binding frame; its descriptors travel with its first bytes. It is sent alone, so nothing follows it."""
    descriptors = array.array("i")
    data, ancillary, _flags, _address = sock.recvmsg(
        65_536, socket.CMSG_SPACE(DESCRIPTORS * descriptors.itemsize), socket.MSG_CMSG_CLOEXEC
    )
    for level, kind, payload in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(payload[: len(payload) - len(payload) % descriptors.itemsize])
    if not data:
        raise frames.WireBroken("the host closed the connection before binding")
    while len(data) < frames.PREFIX.size or len(data) < frames.PREFIX.size + frames.PREFIX.unpack_from(data)[0]:
        data += sock.recv(65_536)
    header = json.loads(data[frames.PREFIX.size :])
    source_fd, weights_fd, log_fd = descriptors
    return Bind(
        class_name=header["class_name"],
        load=header["load"],
        threads=header["threads"],
        log_bytes=header["log_bytes"],
        output_bytes=header["output_bytes"],
        gpu_memory_bytes=header["gpu_memory_bytes"],
        source_fd=source_fd,
        weights_fd=weights_fd,
        log_fd=log_fd,
    )
