"""Why a backup is none."""

from __future__ import annotations


class BackupFailed(Exception):
    """``str(error)`` says what is missing and what to do; what was copied already is no backup."""
