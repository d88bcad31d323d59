"""What counts as bytes where memory is handed over."""

from __future__ import annotations

import torch

from policies.check import check
from policies.functions import CALLED_BY_TORCH

SOURCE = """import numpy as np
from torch import nn


class Net(nn.Module):
    def {name}(self, data):
        return np.frombuffer(data, np.uint8)

    def predict_single(self, x):
        return 1
"""


def test_the_methods_that_torch_calls_by_itself_are_known():
    """A new method of torch's own classes shows here before a model can be called through it."""
    classes = (torch.nn.Module, torch.nn.Sequential, torch.nn.ModuleList, torch.nn.ModuleDict)
    named = {name for each in classes for name in dir(each) if callable(getattr(each, name))}
    assert {name for name in named if not name.startswith("__")} == CALLED_BY_TORCH


def test_only_what_nobody_else_calls_is_trusted():
    """The same method is accepted under a name of its own and refused under one that torch calls."""
    assert check(SOURCE.format(name="read_all").encode()).accepted
    for name in ("forward", "extra_repr", "_apply", "__call__"):
        codes = {violation.code for violation in check(SOURCE.format(name=name).encode()).violations}
        assert "CL411" in codes, name


def test_a_long_chain_of_names_is_refused_and_ends():
    """Names that stand for names for ever are followed so far and no further."""
    chain = "\n".join(f"        a{n} = a{n - 1} + a{n - 1}" for n in range(1, 400))
    source = SOURCE.format(name="read_all").replace(
        "        return 1", f"        a0 = x\n{chain}\n        np.frombuffer(a399)"
    )
    assert "CL411" in {violation.code for violation in check(source.encode()).violations}
