"""Runs files unchecked, each in a fork of one process that has torch already; prints what they answered.

Started by ``test_proofs.py`` as a script: a test process has threads, and must not fork.
"""

from __future__ import annotations

import json
import os
import sys
import warnings

import numpy  # imported before the forks, as the sandbox does
import torch
from PIL import Image

LOADED = (numpy, torch, Image)


def steal(path: str) -> str:
    """What the file does: "stolen" when it answers with the id of this very process, else what happened."""
    namespace = {"__name__": "model"}
    try:
        with open(path, "rb") as file:
            exec(compile(file.read(), path, "exec"), namespace)
        answer = namespace["Net"]().predict_single(None)
    except BaseException as error:
        return repr(error)
    return "stolen" if answer == os.getpid() else repr(answer)


def in_a_fork(path: str) -> str:
    """The answer of a child that ends with it."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        os.write(write, steal(path)[:4000].encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    json.dump({path: in_a_fork(path) for path in sys.argv[1:]}, sys.stdout)
