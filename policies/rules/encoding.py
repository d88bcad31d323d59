"""CL002."""

from __future__ import annotations

import codecs
import re

from policies.rules.rule import Findings, Rule

# PEP 263: a comment of this form on one of the first two lines names the encoding.
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")


class Encoding(Rule):
    """A source file is UTF-8 and declares nothing else.

    What: The bytes decode as UTF-8, a byte-order mark is fine, and an encoding comment, where there is one,
    names UTF-8.

    Why: An encoding comment decides how Python reads the rest of the file. Under UTF-7 or rot13 a comment can
    be code: what was checked would not be what runs.

    Example:
        # -*- coding: utf-7 -*-      # refused
        # -*- coding: utf-8 -*-      # accepted, and needless
    """

    code = "CL002"
    name = "allow UTF-8 text"

    def of_bytes(self, data: bytes) -> Findings:
        hint = "Save the file as UTF-8 and remove any other encoding comment."
        for number, line in enumerate(_first_two_lines(data), start=1):
            found = _COOKIE.match(line)
            if found and not _is_utf8(found.group(1)):
                cookie = found.group(1).decode("ascii", "replace")
                yield self.found_at(number, 0, f"The file declares the encoding {cookie!r}; only UTF-8 is read.", hint)
                return
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            number = data.count(b"\n", 0, error.start) + 1
            yield self.found_at(number, 0, f"Byte {error.start} (0x{data[error.start]:02x}) is not UTF-8.", hint)


def _first_two_lines(data: bytes) -> list[bytes]:
    """Where a cookie may stand: the second line counts only after a blank or comment line."""
    lines = re.split(rb"\r\n|\r|\n", data.removeprefix(codecs.BOM_UTF8), maxsplit=2)[:2]
    return lines if _BLANK.match(lines[0]) else lines[:1]


def _is_utf8(cookie: bytes) -> bool:
    try:
        return codecs.lookup(cookie.decode("ascii")).name in ("utf-8", "utf-8-sig", "ascii")
    except (LookupError, UnicodeDecodeError):
        return False
