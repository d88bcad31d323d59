"""Published ways through the kernel out of a container, and which of them a sandbox's list of system calls closes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from admin.checks.escapes import Release, fixed, parse
from admin.checks.finding import Finding, fail, ok, warn

_NAME = "kernel version"


@dataclass(frozen=True, slots=True)
class KernelEscape:
    """Open from ``since`` on, until the release of its line in ``fixed_in``; newer lines than those never were.

    ``needs`` are system calls without which it can't be done, and which no sandbox may make ("socket 16" is one with
    that first argument): it is closed whatever the kernel's version. The tests ask the profile for each. Empty where
    calls that a sandbox may make are enough.
    """

    name: str
    since: Release
    fixed_in: tuple[Release, ...]
    needs: tuple[str, ...]
    allows: str
    source: str

    @property
    def closed(self) -> bool:
        """Whether a sandbox's list of system calls closes it."""
        return bool(self.needs)


# A row is here because it was used to leave containers, and because its versions are published by whoever mended it.
# Versions of 2022: https://github.com/nluedtke/linux_kernel_cves (data/STREAM/STREAM_security.txt: the stable trees'
# own commits); later ones: the kernel's own records at https://www.cve.org, below "affected". A line that got its fix
# and is not named here, because it gets no others any more, counts as open.
KERNEL_ESCAPES: tuple[KernelEscape, ...] = (
    KernelEscape(
        "CVE-2022-0185", (5, 1, 0), ((5, 10, 93), (5, 15, 16), (5, 16, 2)), ("fsopen", "unshare"),
        "a file system's options overflow into the kernel's memory",
        "https://www.openwall.com/lists/oss-security/2022/01/18/7",
    ),
    KernelEscape(
        "CVE-2022-0492", (2, 6, 24), ((5, 10, 97), (5, 15, 20), (5, 16, 6)), ("unshare", "mount"),
        "cgroup v1 starts a program on the host", "https://nvd.nist.gov/vuln/detail/CVE-2022-0492",
    ),
    KernelEscape(
        "CVE-2022-0847", (5, 8, 0), ((5, 10, 102), (5, 15, 25), (5, 16, 11)), ("splice",),
        "files that are only read are written (Dirty Pipe)", "https://dirtypipe.cm4all.com/",
    ),
    KernelEscape(
        "CVE-2023-3269", (6, 1, 0), ((6, 1, 37), (6, 3, 11), (6, 4, 1)), (),
        "a growing stack's memory is used after it was freed (StackRot)",
        "https://www.openwall.com/lists/oss-security/2023/07/05/1",
    ),
    KernelEscape(
        "CVE-2024-1086", (3, 15, 0), ((5, 15, 149), (6, 1, 76), (6, 6, 15), (6, 8, 0)), ("unshare", "socket 16"),
        "nf_tables frees memory twice", "https://www.cve.org/CVERecord?id=CVE-2024-1086",
    ),
    KernelEscape(
        "CVE-2025-38236", (5, 15, 0), ((5, 15, 194), (6, 1, 143), (6, 6, 96), (6, 12, 36), (6, 15, 5), (6, 16, 0)),
        ("sendto MSG_OOB", "sendmsg MSG_OOB"),
        "a unix socket's memory is used after it was freed", "https://www.cve.org/CVERecord?id=CVE-2025-38236",
    ),
    KernelEscape(
        "CVE-2026-31431", (4, 14, 0),
        ((5, 10, 254), (5, 15, 204), (6, 1, 170), (6, 6, 137), (6, 12, 85), (6, 18, 22), (6, 19, 12), (7, 0, 0)),
        ("socket 38", "splice"),
        "files that are only read are written (Copy Fail)", "https://www.cve.org/CVERecord?id=CVE-2026-31431",
    ),
    KernelEscape(
        "CVE-2026-43284", (4, 11, 0),
        ((5, 10, 255), (5, 15, 206), (6, 1, 172), (6, 6, 138), (6, 12, 87), (6, 18, 28), (7, 0, 5), (7, 1, 0)),
        ("unshare", "socket 16", "splice"),
        "the same through ESP (Dirty Frag)", "https://www.cve.org/CVERecord?id=CVE-2026-43284",
    ),
)  # fmt: skip


def known(text: str) -> tuple[KernelEscape, ...] | None:
    """Those that the kernel's number alone doesn't rule out; None where it tells no number."""
    version = parse(text)
    if version is None:
        return None
    release = version.release
    return tuple(each for each in KERNEL_ESCAPES if release >= each.since and not fixed(release, each.fixed_in))


def check_kernel_escapes(info: dict[str, Any], *, strict: bool) -> Finding:
    """What is published against the kernel of this number, and what of it is left inside a sandbox.

    Never more than a doubt where the number has a suffix: almost every kernel that runs is a distribution's, which
    mends old versions under numbers of its own.
    """
    text = str(info.get("KernelVersion", ""))
    doubt = fail if strict else warn
    concerned = known(text)
    if concerned is None:
        advice = "Compare it with your distribution's advisories by hand."
        return doubt(_NAME, f"It does not tell its version ({text or 'nothing'}).", advice)
    left = [each for each in concerned if not each.closed]
    found = f"Linux {text}{_closed([each for each in concerned if each.closed])}"
    if not left:
        return ok(_NAME, found)
    told = " ".join(f"{each.name}: {each.allows} ({each.source})." for each in left)
    names = ", ".join(each.name for each in left)
    if text.replace(".", "").isdigit():
        return fail(
            _NAME, f"{found}. It is open to {names}", f"Update it and boot it: a sandbox can reach this. {told}"
        )
    advice = "Your distribution may have mended it under this number: see its advisories, or update, and boot it."
    return doubt(_NAME, f"{found}. By its number it is open to {names}", f"{advice} {told}")


def _closed(escapes: list[KernelEscape]) -> str:
    names = ", ".join(each.name for each in escapes)
    return f"; by its number it has {names}, closed by the list of system calls that sandboxes have" if names else ""
