"""The list of dotted paths is what the installed packages have, and holds no way out."""

from __future__ import annotations

import importlib
import types
import warnings
from functools import reduce
from typing import Any

import pytest

from policies.allowlist.entries import Allowances, allowlist, read
from policies.allowlist.picked import PICKED, SETTABLE
from policies.allowlist.standard import STANDARD
from policies.allowlist.walk import CALLED_FILE, FILE, PRIVATE_FILE, methods_text, private_text, text
from policies.allowlist.walked import WALKED
from policies.check import check
from policies.isolated import check_isolated

LISTED = dict(read(FILE.read_text(encoding="utf-8")))
# Listed like modules because names are taken out of them; they are objects.
OBJECTS = {"torch.backends.cuda.matmul", "torch.backends.openmp"}


def resolve(path: str) -> Any:
    """The object at a dotted path, imported as far as it is modules."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(path)
        except ImportError:
            parent, _, name = path.rpartition(".")
            return getattr(resolve(parent), name)


def test_the_list_is_current():
    """Run ``python -m policies.allowlist.walk`` when a pinned package moved, and read what changed."""
    assert FILE.read_text(encoding="utf-8") == text()
    assert PRIVATE_FILE.read_text(encoding="utf-8") == private_text()
    assert CALLED_FILE.read_text(encoding="utf-8") == methods_text()


@pytest.mark.parametrize("module", sorted(LISTED))
def test_every_listed_name_exists_and_is_no_module(module):
    """A listed name is there under the sandbox's Python, and neither it nor what it shows openly is a module."""
    home = resolve(module)
    assert isinstance(home, types.ModuleType) or module in OBJECTS
    for name in LISTED[module] if module != "__future__" else ():
        value = getattr(home, name)
        assert not isinstance(value, types.ModuleType), name
        shown = [each for each in dir(value) if not each.startswith("_")] if isinstance(value, type) else []
        for attribute in shown:
            assert not isinstance(getattr(value, attribute, None), types.ModuleType), f"{name}.{attribute}"


def test_no_name_is_listed_as_a_module_and_as_an_object():
    """A path means one thing; torch.nn.utils.weight_norm, a function over a module, is the function."""
    assert not [path for path in LISTED if path.rpartition(".")[2] in LISTED.get(path.rpartition(".")[0], ())]


def test_every_parent_of_a_listed_module_is_listed():
    """``import a.b`` binds a, so a must be judged too."""
    for module in LISTED:
        parents = reduce(lambda found, part: [*found, f"{found[-1]}.{part}" if found else part], module.split("."), [])
        assert set(parents) <= set(LISTED), module


@pytest.mark.parametrize(
    "path",
    [
        "torch.load",
        "torch.save",
        "torch.hub",
        "torch.jit.load",
        "torch.jit.script",
        "torch.compile",
        "torch.export",
        "torch.fx",
        "torch.ops",
        "torch.serialization",
        "torch.multiprocessing",
        "torch.distributed.init_process_group",
        "torch.utils.data.DataLoader",
        "torch.classes",
        "torch.package",
        "torch._C",
        "torch.os",
        "torch.sys",
        "torch.UntypedStorage",
        "torch.from_file",
        "torch.library",
        "numpy.load",
        "numpy.save",
        "numpy.memmap",
        "numpy.fromfile",
        "numpy.ctypeslib",
        "numpy.f2py",
        "numpy.lib",
        "numpy.testing",
        "io.open",
        "io.FileIO",
        "operator.attrgetter",
        "string.Formatter",
        "functools.update_wrapper",
        "typing.get_type_hints",
        "types.FunctionType",
        "PIL.ImageMath",
        "os",
        "sys",
        "inspect",
        "gc",
        "random._os",
        "collections._sys",
        "json.codecs",
        "enum.EnumType",
        "logging.FileHandler",
        "warnings.catch_warnings",
    ],
)
def test_known_ways_out_are_not_listed(path):
    """Loaders, compilers, raw memory, re-exported modules and reflection stay closed."""
    assert allowlist().kind(path) is None


def test_every_switch_is_listed():
    """What may be assigned may be named."""
    assert all(allowlist().kind(path) == "object" for path in SETTABLE)


def test_every_left_out_name_has_a_reason_and_exists():
    """A name left out of a walk says why, and is really there."""
    for module, walk in WALKED.items():
        for name, reason in walk.without.items():
            assert reason
            assert hasattr(resolve(module), name), f"{module}.{name}"
    assert not set(STANDARD) & set(PICKED)


SOURCE = b"""import numpy
import scipy.special
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return numpy.linalg.norm(x) + scipy.special.expit(x) + numpy.lib.anything.at_all
"""


def test_an_operator_can_open_and_close_paths_for_a_tenant():
    """Added paths stand for all below them; removed ones win over everything."""
    codes = [each.code for each in check(SOURCE).violations]
    assert codes == ["CL201", "CL301"]
    opened = Allowances(added=frozenset({"scipy.special", "numpy.lib"}))
    assert check(SOURCE, allowances=opened).accepted
    assert check_isolated(SOURCE, allowances=opened).accepted
    closed = Allowances(added=opened.added, removed=frozenset({"numpy.linalg"}))
    (violation,) = check_isolated(SOURCE, allowances=closed).violations
    assert "numpy.linalg" in violation.message


def test_an_exempt_tenant_keeps_the_structure_rules():
    """Exemption drops what a model may do, never what a model is."""
    source = b"import os\nfrom torch import nn\n\n\nclass Net(nn.Module):\n    pass\n"
    codes = {each.code for each in check_isolated(source, allowances=Allowances(exempt=True)).violations}
    assert codes == {"CL104"}
