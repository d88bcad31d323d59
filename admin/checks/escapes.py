"""Published ways out of a container, and the versions that closed them. A table: a new one is a new row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Release = tuple[int, int, int]
Component = Literal["engine", "containerd", "runc", "nvidia"]


@dataclass(frozen=True, slots=True)
class Escape:
    """``fixed_in`` lists the first good release of each line that got one; older lines have none.

    ``authorization`` marks what concerns only engines with authorization plugins.
    """

    component: Component
    name: str
    fixed_in: tuple[Release, ...]
    allows: str
    authorization: bool = False

    @property
    def source(self) -> str:
        """Where it is described, with links to the maker's own words."""
        return f"https://nvd.nist.gov/vuln/detail/{self.name}"


ESCAPES: tuple[Escape, ...] = (
    # Candidates of 1.0.0 had the fixes of the first two earlier: rc7 and rc95.
    Escape("runc", "CVE-2019-5736", ((1, 0, 0),), "a container replaces the host's runc"),
    Escape("runc", "CVE-2021-30465", ((1, 0, 0),), "a volume is mounted from outside the container"),
    Escape("runc", "CVE-2024-21626", ((1, 1, 12),), "a leaked descriptor gives the host's files"),
    Escape("runc", "CVE-2025-31133", ((1, 2, 8), (1, 3, 3), (1, 4, 0)), "masked paths become mounts of the host's"),
    Escape("runc", "CVE-2025-52565", ((1, 2, 8), (1, 3, 3), (1, 4, 0)), "the same through /dev/console"),
    Escape("runc", "CVE-2025-52881", ((1, 2, 8), (1, 3, 3), (1, 4, 0)), "security labels go to the wrong file"),
    Escape("containerd", "CVE-2020-15257", ((1, 3, 9), (1, 4, 3)), "containers on the host's network command the shim"),
    Escape("containerd", "CVE-2024-40635", ((1, 6, 38), (1, 7, 27), (2, 0, 4)), "a user number too large is root"),
    Escape("containerd", "CVE-2024-25621", ((1, 7, 29), (2, 0, 7), (2, 1, 5), (2, 2, 0)),
           "the host's users reach into containers' folders"),
    Escape("engine", "CVE-2021-41091", ((20, 10, 9),), "the host's users reach into containers' folders"),
    Escape("engine", "CVE-2024-41110", ((25, 0, 6), (26, 1, 5), (27, 1, 1)), "requests get past authorization plugins",
           authorization=True),
    Escape("engine", "CVE-2026-34040", ((29, 3, 1),), "large requests get past authorization plugins",
           authorization=True),
    Escape("nvidia", "CVE-2024-0132", ((1, 16, 2),), "an image gets the host's file system mounted"),
    Escape("nvidia", "CVE-2025-23359", ((1, 17, 4),), "the same, past the fix of the first"),
    Escape("nvidia", "CVE-2025-23266", ((1, 17, 8),), "an image runs code as root on the host"),
)  # fmt: skip

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Version:
    """A version as the engine reports it. ``suffix`` is what a distribution or a pre-release added to the number."""

    release: Release
    suffix: str

    @property
    def uncertain(self) -> bool:
        """True for a distribution's build or a pre-release, which may hold fixes that its number doesn't show."""
        return bool(self.suffix)

    def open_escapes(self, component: Component) -> tuple[Escape, ...]:
        """The escapes that the number alone doesn't rule out."""
        release = self.release if not self.suffix.startswith("-rc") else _before(self.release)
        return tuple(each for each in ESCAPES if each.component == component and not fixed(release, each.fixed_in))


def parse(text: str) -> Version | None:
    """The version in "1.1.5+ds1-1+deb12u1", "v1.3.3" or "1.4.0-rc.2"; None for what is none."""
    found = _VERSION.fullmatch(text.strip())
    if found is None:
        return None
    major, minor, patch, suffix = found.groups()
    return Version((int(major), int(minor), int(patch)), suffix)


def fixed(release: Release, fixed_in: tuple[Release, ...]) -> bool:
    """Whether a release has the fix: that of its own line, or of a newer one than any that got one."""
    line = [good for good in fixed_in if good[:2] == release[:2]]
    return release >= (line[0] if line else max(fixed_in))


def _before(release: Release) -> Release:
    major, minor, patch = release
    return (major, minor, patch - 1)
