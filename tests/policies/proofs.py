"""A model that runs other models' files unchecked, each in a fork; loaded into a sandbox by ``test_proofs.py``.

Only what these files need is imported here: the file has to load in the sandbox like any other model.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

import numpy  # imported before the forks, as the sandbox does
import torch
from PIL import Image

LOADED = (numpy, torch, Image)
PROCESS = "returns the id of its process"
FILE = "leaves a file in /tmp"
MEMORY = "returns the 16 bytes at the address it is given"
_FOLDER = "/tmp"
_SECRET_BYTES = 16
_READ_BYTES = 4096


def steal(name: str, source: str, proof: str) -> str:
    """What the file does: "stolen" when it did what its proof says, else what happened."""
    namespace: dict[str, Any] = {"__name__": "model"}
    secret = os.urandom(_SECRET_BYTES)
    before = set(os.listdir(_FOLDER))
    given = id(secret) + bytes.__basicsize__ - 1 if proof == MEMORY else None
    try:
        exec(compile(source, name, "exec", dont_inherit=True), namespace)
        answer = namespace["Net"]().predict_single(given)
    except BaseException as error:  # a file may have been left all the same
        answer = repr(error)
    stolen = {
        PROCESS: answer == os.getpid(),
        FILE: bool(set(os.listdir(_FOLDER)) - before),
        MEMORY: answer == list(secret),
    }
    return "stolen" if stolen[proof] else repr(answer)


def in_a_fork(name: str, source: str, proof: str) -> str:
    """The answer of a child that ends with it."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        answer = steal(name, source, proof)
        os.write(write, answer[:_READ_BYTES].encode("utf-8", "replace"))
        os._exit(0)
    os.close(write)
    answer = os.read(read, _READ_BYTES).decode("utf-8", "replace")
    os.close(read)
    status = os.waitpid(child, 0)[1]
    return answer or f"ended with {status}"


class Prover(torch.nn.Module):
    """Answers what a file got hold of when nobody had checked it."""

    def predict_single(self, x: dict[str, str]) -> dict[str, Any]:
        """``x`` holds the file's name, its source, and what it claims to do."""
        got = in_a_fork(x["name"], x["source"], x["proof"])
        for left in os.listdir(_FOLDER):
            with contextlib.suppress(OSError):
                os.remove(f"{_FOLDER}/{left}")
        return {"got": got, "user": os.getuid(), "python": list(sys.version_info[:2])}
