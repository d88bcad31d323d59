"""What tenants and models may be called."""

from __future__ import annotations

import re

from store.errors import NameInvalid

# Safe in a URL once quoted, in a terminal and in a file name; no control or look-alike characters.
_NAME = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9 ._-]{0,98}[a-zA-Z0-9._-])?")


def is_name(text: str) -> bool:
    """True when a tenant or model may be called that: "digits", "My model", "v1.2_b"."""
    return _NAME.fullmatch(text) is not None


def checked_name(text: str) -> str:
    """The same text, or NameInvalid."""
    if not is_name(text):
        raise NameInvalid(text)
    return text


def is_model_id(text: str) -> bool:
    """True for what looks like a model's id: such a text is never a model's name."""
    return text.startswith("mdl_")


def checked_model_name(text: str) -> str:
    """The same text, or NameInvalid."""
    if is_model_id(text):
        raise NameInvalid(text)
    return checked_name(text)
