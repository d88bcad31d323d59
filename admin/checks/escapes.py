"""Published ways out of a container, and the runc versions that closed them."""

from __future__ import annotations

import re
from dataclasses import dataclass

Release = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Escape:
    """``fixed_in`` lists the first good release of each line that got one; older lines have none."""

    name: str
    fixed_in: tuple[Release, ...]


ESCAPES: tuple[Escape, ...] = (
    # https://github.com/opencontainers/runc/security/advisories/GHSA-xr7r-f8xq-vfvv
    Escape("CVE-2024-21626", ((1, 1, 12),)),  # a leaked descriptor gives the host's files
    # https://github.com/opencontainers/runc/security/advisories/GHSA-9493-h29p-rfm2
    Escape("CVE-2025-31133", ((1, 2, 8), (1, 3, 3), (1, 4, 0))),  # masked paths can be turned into mounts of the host's
    Escape("CVE-2025-52565", ((1, 2, 8), (1, 3, 3), (1, 4, 0))),  # the same through /dev/console
    Escape("CVE-2025-52881", ((1, 2, 8), (1, 3, 3), (1, 4, 0))),  # security labels written to the wrong file
)

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class RuncVersion:
    """A version as the engine reports it. ``suffix`` is what a distribution or a pre-release added to the number."""

    release: Release
    suffix: str

    @property
    def uncertain(self) -> bool:
        """True for a distribution's build or a pre-release, which may hold fixes that its number doesn't show."""
        return bool(self.suffix)

    def open_escapes(self) -> tuple[str, ...]:
        """Names of the escapes that the number alone doesn't rule out."""
        release = self.release if not self.suffix.startswith("-rc") else _before(self.release)
        return tuple(escape.name for escape in ESCAPES if not _fixed(release, escape))


def parse(text: str) -> RuncVersion | None:
    """The version in "1.1.5+ds1-1+deb12u1", "v1.3.3" or "1.4.0-rc.2"; None for what is none."""
    found = _VERSION.fullmatch(text.strip())
    if found is None:
        return None
    major, minor, patch, suffix = found.groups()
    return RuncVersion((int(major), int(minor), int(patch)), suffix)


def _fixed(release: Release, escape: Escape) -> bool:
    line = [good for good in escape.fixed_in if good[:2] == release[:2]]
    return release >= (line[0] if line else max(escape.fixed_in))


def _before(release: Release) -> Release:
    major, minor, patch = release
    return (major, minor, patch - 1)
