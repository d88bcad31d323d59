"""Keeps the policy version honest: ``python -m policies.stamp`` writes it after the rules changed.

A stored verdict is out of date when its policy version is not the current one. So the version ends with a
fingerprint of everything a verdict depends on, and a test fails when it was forgotten.
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VERSION_FILE = HERE / "version.py"
_MAJOR = "1"
# What a verdict depends on. Rendering, pages and processes are not among it.
FILES = (
    "allowlist/called.txt allowlist/denied.py allowlist/entries.py allowlist/paths.txt allowlist/picked.py "
    "allowlist/private.txt attributes.py buffers.py builtins.py check.py context.py fstrings.py functions.py "
    "grammar.py lists.py paths.py scopes.py sharp.py source.py texts.py tree.py views.py"
).split()


def main() -> None:
    """Write the current version into ``version.py``."""
    text = VERSION_FILE.read_text(encoding="utf-8")
    new = re.sub(r'^POLICY_VERSION = ".*"$', f'POLICY_VERSION = "{current()}"', text, flags=re.MULTILINE)
    VERSION_FILE.write_text(new, encoding="utf-8")
    sys.stdout.write(f"policy version {current()}\n")


def current() -> str:
    """The version that the files on disk deserve."""
    digest = hashlib.sha256()
    for path in [*(HERE / name for name in FILES), *sorted((HERE / "rules").glob("*.py"))]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{_MAJOR}.{digest.hexdigest()[:10]}"


if __name__ == "__main__":
    main()
