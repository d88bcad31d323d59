"""What a distribution says it mended: the changelog that Debian and Ubuntu install with each package."""

from __future__ import annotations

import gzip
from pathlib import Path

DOCUMENTS = Path("/usr/share/doc")
_HEAD_BYTES = 1 << 20  # the newest entries come first


def mended(package: str, *, version: str, documents: Path = DOCUMENTS) -> str:
    """The changelog of exactly this build, empty where there is none.

    ``version`` is what the running program says of itself: a package that was updated since, and whose
    program was not started anew, doesn't count, nor one of another machine's.
    """
    try:
        with gzip.open(documents / package / "changelog.Debian.gz") as file:
            text = file.read(_HEAD_BYTES).decode("utf-8", "replace")
    except (OSError, EOFError):
        return ""
    head = text.partition("\n")[0]  # runc (1.1.5+ds1-1+deb12u1) bookworm-security; urgency=high
    found = head.partition("(")[2].partition(")")[0].partition(":")
    return text if (found[2] or found[0]).startswith(version) else ""
