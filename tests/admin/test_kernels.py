"""What doctor knows of ways through the kernel, and that what is said to be closed to sandboxes is."""

from __future__ import annotations

import json
import re

import pytest

from admin.checks.kernels import KERNEL_ESCAPES, KernelEscape, check_kernel_escapes, known
from sandbox.seccomp import profile

CLOSED_2026 = ("CVE-2026-31431", "CVE-2026-43284")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("5.10.92", ("CVE-2022-0185", "CVE-2022-0492", "CVE-2022-0847", "CVE-2024-1086", *CLOSED_2026)),
        ("5.15.25", ("CVE-2024-1086", "CVE-2025-38236", *CLOSED_2026)),
        ("6.1.36", ("CVE-2023-3269", "CVE-2024-1086", "CVE-2025-38236", *CLOSED_2026)),
        ("6.1.172", ()),
        ("6.12.86", ("CVE-2026-43284",)),
        ("6.18.44-cloud", ()),
        ("7.0.4", ("CVE-2026-43284",)),
        ("7.1.0", ()),
    ],
)
def test_a_kernel_is_open_to_what_its_line_got_later(text: str, names: tuple[str, ...]) -> None:
    """Each line is compared with its own fix, and with what was there before the fault only."""
    found = known(text)
    assert found is not None
    assert tuple(each.name for each in found) == names


def test_every_row_is_whole() -> None:
    """A name that can be looked up, where it was published, the lines that were mended, in order."""
    assert len({each.name for each in KERNEL_ESCAPES}) == len(KERNEL_ESCAPES)
    for each in KERNEL_ESCAPES:
        assert re.fullmatch(r"CVE-\d{4}-\d{4,}", each.name)
        assert each.source.startswith("https://")
        assert each.allows
        assert list(each.fixed_in) == sorted(each.fixed_in)
        assert len({release[:2] for release in each.fixed_in}) == len(each.fixed_in)
        assert each.since < each.fixed_in[0]


def may(call: str, *, gpu: bool) -> bool:
    """Whether the profile lets it through: "socket 16" with that first argument, "sendto MSG_OOB" with that flag."""
    name, _, argument = call.partition(" ")
    rules = [rule for rule in json.loads(profile(gpu=gpu))["syscalls"] if name in rule["names"]]
    return any(rule["action"] == "SCMP_ACT_ALLOW" and _matches(rule["args"], argument) for rule in rules)


def _matches(conditions: list[dict[str, int]], argument: str) -> bool:
    value = {"": None, "MSG_OOB": 1}.get(argument, int(argument) if argument.isdigit() else None)
    if value is None:
        return True
    for condition in conditions:
        if condition["op"] == "SCMP_CMP_MASKED_EQ" and value & condition["value"] != condition["valueTwo"]:
            return False
        if condition["op"] == "SCMP_CMP_EQ" and value != condition["value"]:
            return False
    return True


@pytest.mark.parametrize("gpu", [False, True])
@pytest.mark.parametrize("escape", KERNEL_ESCAPES, ids=lambda escape: escape.name)
def test_what_is_said_to_be_closed_is_refused(escape: KernelEscape, gpu: bool) -> None:
    """Of the calls that a row says it needs, the sandboxes' profile lets none through, with a GPU or without."""
    assert [call for call in escape.needs if may(call, gpu=gpu)] == []


def test_the_question_to_the_profile_can_be_answered_with_yes() -> None:
    """What sandboxes do make is let through by the same question."""
    assert all(may(call, gpu=False) for call in ("read", "socket 1", "sendto 0", "sendmsg 0", "mmap"))


def test_what_the_profile_closes_alarms_nobody() -> None:
    """It is named, as closed; a failure where doubts are failures it is not."""
    finding = check_kernel_escapes({"KernelVersion": "5.15.25-generic"}, strict=True)
    assert finding.state == "ok"
    assert "CVE-2024-1086" in finding.found
    assert "closed by the list of system calls" in finding.found
    assert check_kernel_escapes({"KernelVersion": "6.18.44"}, strict=True).found == "Linux 6.18.44"


def test_what_is_left_is_a_doubt_of_a_distributions_kernel_and_certain_of_a_plain_one() -> None:
    """Distributions mend under their old numbers; kernel.org's own number says it all."""
    doubt = check_kernel_escapes({"KernelVersion": "6.1.0-9-amd64"}, strict=False)
    assert doubt.state == "warn"
    assert "Your distribution may have mended it" in doubt.advice
    assert "CVE-2023-3269" in doubt.advice
    assert "CVE-2024-1086" not in doubt.advice
    assert check_kernel_escapes({"KernelVersion": "6.1.0-9-amd64"}, strict=True).state == "fail"
    assert check_kernel_escapes({"KernelVersion": "6.1.36"}, strict=False).state == "fail"


def test_a_kernel_that_tells_nothing_is_a_doubt() -> None:
    """No guess is made."""
    assert check_kernel_escapes({}, strict=False).state == "warn"
    assert check_kernel_escapes({"KernelVersion": "unknown"}, strict=True).state == "fail"
