"""What doctor knows of ways out of a container, and of the versions that closed them."""

from __future__ import annotations

import gzip
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from admin.checks.changelog import mended
from admin.checks.escapes import ESCAPES, Component, parse
from admin.checks.versions import check_gvisor, check_nvidia, check_versions, judge

RUNC = tuple(escape.name for escape in ESCAPES if escape.component == "runc")
OF_2025 = RUNC[3:]
CHANGELOG = "runc (1.1.5+ds1-1+deb12u1) bookworm-security; urgency=high\n\n  * CVE-2024-21626: leaked fds\n"


@pytest.mark.parametrize(
    ("component", "text", "escapes", "uncertain"),
    [
        ("runc", "1.0.0-rc6", RUNC, True),
        ("runc", "1.0.0", RUNC[2:], False),
        ("runc", "1.1.5+ds1", RUNC[2:], True),
        ("runc", "1.1.12", OF_2025, False),
        ("runc", "1.1.12-0ubuntu2~22.04.1", OF_2025, True),
        ("runc", "1.2.7", OF_2025, False),
        ("runc", "1.2.8", (), False),
        ("runc", "v1.3.2", OF_2025, False),
        ("runc", "1.3.3", (), False),
        ("runc", "1.4.0-rc.2", OF_2025, True),
        ("runc", "1.4.0", (), False),
        ("runc", "2.0.0", (), False),
        ("containerd", "1.3.8", ("CVE-2020-15257", "CVE-2024-40635", "CVE-2024-25621"), False),
        ("containerd", "1.6.38", ("CVE-2024-25621",), False),
        ("containerd", "v2.1.5", (), False),
        ("engine", "20.10.8", ("CVE-2021-41091", "CVE-2024-41110", "CVE-2026-34040"), False),
        ("engine", "26.1.5", ("CVE-2026-34040",), False),
        ("engine", "29.3.1", (), False),
        ("nvidia", "1.16.1", ("CVE-2024-0132", "CVE-2025-23359", "CVE-2025-23266"), False),
        ("nvidia", "1.17.7", ("CVE-2025-23266",), False),
        ("nvidia", "1.17.8", (), False),
    ],
)
def test_a_version_is_open_to_what_came_after_it(
    component: Component, text: str, escapes: tuple[str, ...], uncertain: bool
) -> None:
    """Each release line is compared with its own fix; builds that may carry a fix unseen are marked."""
    version = parse(text)
    assert version is not None
    assert tuple(each.name for each in version.open_escapes(component)) == escapes
    assert version.uncertain is uncertain


def test_every_row_is_whole() -> None:
    """A name that can be looked up, a fix, and what it allows, each once."""
    assert all(re.fullmatch(r"CVE-\d{4}-\d{4,}", each.name) for each in ESCAPES)
    assert all(each.fixed_in and each.allows and each.name in each.source for each in ESCAPES)
    assert len({each.name for each in ESCAPES}) == len(ESCAPES)


@pytest.mark.parametrize("text", ["", "unknown", "1.1", "commit v1.1.12"])
def test_what_is_no_version_is_none(text: str) -> None:
    """An engine that doesn't tell gets no guess."""
    assert parse(text) is None
    assert judge("runc", text, log="", authorization=False, strict=False).state == "warn"
    assert judge("runc", text, log="", authorization=False, strict=True).state == "fail"


def test_a_makers_own_build_is_certain() -> None:
    """Its number says it all: open is a failure that names what it allows, and where to read."""
    finding = judge("runc", "1.1.11", log="", authorization=False, strict=False)
    assert finding.state == "fail"
    assert "CVE-2024-21626" in finding.found
    assert "leaked descriptor" in finding.advice
    assert "https://nvd.nist.gov/vuln/detail/CVE-2024-21626" in finding.advice
    assert judge("runc", "1.3.3", log="", authorization=False, strict=True).state == "ok"


def test_a_distributions_build_is_a_doubt() -> None:
    """It may hold the fix under its number: a warning that says so, or a failure where that is asked for."""
    finding = judge("runc", "1.1.12-0ubuntu2", log="", authorization=False, strict=False)
    assert finding.state == "warn"
    assert finding.found.startswith("reported 1.1.12-0ubuntu2: by its number open to")
    assert "Your distribution may have mended it" in finding.advice
    assert judge("runc", "1.1.12-0ubuntu2", log="", authorization=False, strict=True).state == "fail"


def test_what_the_packages_changelog_names_is_mended(tmp_path: Path) -> None:
    """The changelog of exactly the running build counts; another build's doesn't."""
    (tmp_path / "runc").mkdir()
    with gzip.open(tmp_path / "runc" / "changelog.Debian.gz", "wt") as file:
        file.write(CHANGELOG)
    log = mended("runc", version="1.1.5+ds1-1+deb12u1", documents=tmp_path)
    finding = judge("runc", "1.1.5+ds1-1+deb12u1", log=log, authorization=False, strict=False)
    assert "names the fix of CVE-2024-21626" in finding.found
    assert "CVE-2024-21626:" not in finding.advice
    assert all(name in finding.advice for name in OF_2025)
    assert mended("runc", version="1.1.5+ds1-1+deb12u2", documents=tmp_path) == ""
    assert mended("containerd", version="1.6.20", documents=tmp_path) == ""
    (tmp_path / "runc" / "changelog.Debian.gz").write_bytes(b"not gzip")
    assert mended("runc", version="1.1.5", documents=tmp_path) == ""


def test_authorization_plugins_concern_only_who_has_them() -> None:
    """An engine without such plugins can't be talked past them."""
    assert judge("engine", "27.0.0", log="", authorization=False, strict=False).state == "ok"
    assert "CVE-2024-41110" in judge("engine", "27.0.0", log="", authorization=True, strict=False).found


def test_the_engine_is_asked_for_each_component() -> None:
    """Engine, containerd and runc by what the engine says of them; the build's own number where it tells one."""
    version: dict[str, Any] = {
        "Components": [
            {"Name": "Engine", "Version": "29.3.1", "Details": {"GitCommit": "5d6db84"}},
            {"Name": "runc", "Version": "1.1.5+ds1", "Details": {"GitCommit": "1.1.5+ds1-1+deb12u1"}},
        ]
    }
    asked = []
    engine, containerd, runc = check_versions(
        {}, version, strict=False, mended=lambda package, version: asked.append((package, version)) or CHANGELOG
    )
    assert asked == [("docker.io", "29.3.1"), ("runc", "1.1.5+ds1-1+deb12u1")]
    assert (engine.state, containerd.state, runc.state) == ("ok", "warn", "warn")
    assert "CVE-2024-21626" not in runc.advice


@pytest.mark.parametrize(
    ("told", "wanted", "states"),
    [
        ("", False, []),
        ("", True, ["warn"]),
        ("cli-version: 1.17.8\nlib-version: 1.17.8\n", False, ["ok"]),
        ("NVIDIA Container Toolkit CLI version 1.16.1\n", True, ["fail"]),
    ],
)
def test_the_toolkit_of_gpus_is_asked_itself(told: str, wanted: bool, states: list[str]) -> None:
    """The engine doesn't tell its version. Where there is none and no GPU is wanted, nothing is said."""
    findings = check_nvidia(wanted=wanted, strict=False, ask=lambda _program: told)
    assert [finding.state for finding in findings] == states


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("runsc version release-20260105.0\nspec: 1.1.0\n", "ok"),
        ("runsc version 0.0~20221219.0\nspec: 1.0.2-dev\n", "warn"),
        ("runsc version unknown\n", "warn"),
        ("", "warn"),
    ],
)
def test_gvisor_grows_old(told: str, state: str) -> None:
    """Its releases are days; one of more than a year ago is a warning, or a failure where doubts are."""
    today = date(2026, 6, 1)
    assert check_gvisor("/usr/bin/runsc", strict=False, today=today, ask=lambda _program: told).state == state
    strict = check_gvisor("/usr/bin/runsc", strict=True, today=today, ask=lambda _program: told).state
    assert strict == ("ok" if state == "ok" else "fail")
