"""Content types of the API that schemathesis can't write by itself. Loaded by it, through its settings."""

from __future__ import annotations

import schemathesis

schemathesis.serializer.alias(
    "application/jsonl", "text/plain"
)  # lines are text: what is in them is for the API to say
