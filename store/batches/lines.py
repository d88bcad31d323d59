"""One line of a batch: ``{"input": any JSON}``, and an ``"id"`` of the client's own if it likes."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

import msgspec

from store.json_faults import json_fault

ID_CHARACTERS = 100
ENVELOPE_BYTES = 1024  # what a line may hold around its input
INTEGER_DIGITS = 4_300  # what Python parses by default (sys.int_info.default_max_str_digits)

_LONG_NUMBER = re.compile(rb"[0-9]{%d}" % (INTEGER_DIGITS + 1))


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    input: msgspec.Raw
    id: str | None = None


_decode = msgspec.json.Decoder(_Line).decode


class LineWrong(Exception):
    """The line is none, for the reason in the text."""


@dataclass(frozen=True, slots=True)
class Line:
    """An input as the JSON it came as, never decoded; and what the client calls it."""

    payload: bytes
    id: str | None = None


def read_line(raw: bytes) -> Line:
    """The line. Raises LineWrong. As strict as the sandbox's parser: what passes here can be parsed there."""
    if not raw.strip():
        raise LineWrong("it is empty, and every line is an input; only the last one may be followed by a line end")
    if raw.startswith(codecs.BOM_UTF8):
        raise LineWrong("it begins with a byte order mark; send UTF-8 without one")
    try:
        if not raw.isascii():
            raw.decode()  # the decoder skims over the input and would let broken UTF-8 pass
        found = _decode(raw)
    except msgspec.ValidationError as exc:
        raise LineWrong(f'{exc}; a line is {{"input": …}}, with an "id" if you like') from exc
    except UnicodeDecodeError as exc:
        raise LineWrong(f"it is not UTF-8 at byte {exc.start}") from exc
    except RecursionError as exc:
        raise LineWrong("it is nested too deeply; about 900 levels are taken") from exc
    except msgspec.DecodeError as exc:
        raise LineWrong(f"it is not JSON: {json_fault(exc, raw)}") from exc
    if found.id is not None and not 0 < len(found.id) <= ID_CHARACTERS:
        raise LineWrong(f'an "id" has 1 to {ID_CHARACTERS} characters')
    payload = bytes(found.input)
    if len(payload) > INTEGER_DIGITS and _LONG_NUMBER.search(payload):
        raise LineWrong(f"a number has more than {INTEGER_DIGITS:,} digits")
    return Line(payload, found.id)
