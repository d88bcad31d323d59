"""Mutated sources: the check always ends, never raises, and never accepts what holds a forbidden path."""

from __future__ import annotations

import random
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.check import check
from policies.rules import ALL

CORPUS = Path(__file__).parent / "corpus"
SOURCES = [path.read_text(encoding="utf-8") for path in sorted(CORPUS.glob("*/*.py"))]
BENIGN = [path.read_text(encoding="utf-8") for path in sorted((CORPUS / "benign").glob("*.py"))]
WORDS = """torch nn os self x getattr __class__ . ( ) [ ] { } : , = := == lambda def class import from as global
nonlocal del try except finally with match case yield await async * ** @ -> ... 'a' "b" f'{x}' 1"""
TOKENS = [*WORDS.split(), *" \n\t\0#\\;!é\U0001d499\u202e"]
CODES = {rule.code for rule in ALL}
BOUNDED = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def mutated(source: str, rng: random.Random, edits: int) -> str:
    """The source with a few pieces cut, doubled, swapped or replaced by tokens."""
    for _ in range(edits):
        start = rng.randrange(len(source) + 1)
        end = min(len(source), start + rng.randrange(1, 12))
        piece = rng.choice([rng.choice(TOKENS), source[start:end] * 2, "", rng.choice(TOKENS) + source[start:end]])
        source = source[:start] + piece + source[end:]
    return source


@BOUNDED
@given(index=st.integers(0, len(SOURCES) - 1), seed=st.integers(0, 2**32), edits=st.integers(1, 30))
def test_a_mutated_source_always_gets_a_verdict(index, seed, edits):
    """Any text ends as a verdict with known codes and places inside the file."""
    source = mutated(SOURCES[index], random.Random(seed), edits).encode("utf-8", "surrogatepass")
    verdict = check(source)
    assert {violation.code for violation in verdict.violations} <= CODES
    assert all(violation.line >= 1 and violation.column >= 1 for violation in verdict.violations)
    assert list(verdict.violations) == sorted(set(verdict.violations))


@BOUNDED
@given(data=st.binary(max_size=300))
def test_any_bytes_get_a_verdict(data):
    """Bytes that are no model are refused, and nothing is raised."""
    assert not check(data).accepted


FORBIDDEN = [
    "torch.os.getpid()",
    "torch.load(x)",
    "torch.jit.script(x)",
    "torch.ops.load_library(x)",
    "nn.Module.__subclasses__()",
    "().__class__.__base__",
    "(lambda: 0).__globals__",
    "getattr(torch, str(x))",
    "eval(str(x))",
    "__import__('os')",
    "open(x)",
    "(n for n in ()).gi_frame",
    "[torch][0]",
    "type('X', (), {})",
    "globals()",
]
PLACES = [
    "{0}",
    "value = {0}",
    "(value := {0})",
    "value: object = {0}",
    "return {0}",
    "print(f'{{{0}}}')",
    "[{0} for _ in range(1)]",
    "list(n for n in ({0},))",
    "(lambda v=({0}): v)()",
    "if {0}: pass",
    "while {0}: break",
    "for _ in [{0}]: pass",
    "with {0} as _: pass",
    "assert True, {0}",
    "raise ValueError({0})",
    "self.value = {{'a': [{0}]}}",
    "def inner(v={0}): return v",
    "def inner(v: {0}): return v",
    "def inner() -> ({0}): pass",
    "match {0}:\n            case _: pass",
    "try: pass\n        except ({0}): pass",
    "value[{0}] = 1",
    "value = x if {0} else x",
    "print(*{0}, **{0})",
]


def planted(source: str, forbidden: str, place: str) -> str:
    """A benign file whose predict_single begins with the forbidden expression."""
    head, marker, tail = source.partition("    def predict_single(")
    signature, _, body = tail.partition("\n")
    return f"import torch\nfrom torch import nn\n{head}{marker}{signature}\n        {place.format(forbidden)}\n{body}"


@BOUNDED
@given(index=st.integers(0, len(BENIGN) - 1), forbidden=st.sampled_from(FORBIDDEN), place=st.sampled_from(PLACES))
def test_a_forbidden_expression_is_refused_wherever_it_stands(index, forbidden, place):
    """Whatever ordinary file it is put into, and in whatever kind of statement."""
    source = planted(BENIGN[index], forbidden, place)
    assert not check(source.encode()).accepted, source
