"""``cloche-admin backup``."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

import typer

from admin.backups.blobs import copy_blobs
from admin.backups.catalogue import copy_catalogue
from admin.backups.failure import BackupFailed
from admin.backups.jobs import copy_jobs
from admin.installation import settings
from admin.output import AsJson, complain, remark, say, show_json
from store.settings import StoreSettings

UNUSABLE = 2
NO_JOBS = "The jobs are not in it: this machine has no append-only file of Redis 7 at {}. Copy it where Redis runs."
NO_BLOBS = "The blobs are not in it: they are at {}, which keeps its own copies."


@dataclass(frozen=True, slots=True)
class Made:
    """What is in a backup."""

    parts: tuple[str, ...]
    blobs: int
    blob_bytes: int


def backup(
    folder: Annotated[Path, typer.Argument(help="Where to put it: a folder that is not there yet, or empty.")],
    *,
    earlier: Annotated[
        Path | None, typer.Option(help="An older backup on the same disk: blobs it has are linked, not copied.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Copy the whole installation into a folder, while it runs: jobs, catalogue and blobs.

    The folder can be used as CLOCHE_DATA (see docs/operations.md for restoring). It holds secrets: it is made
    readable by its owner only.
    """
    found = settings()
    unfinished = folder.with_name(f"{folder.name}.part")
    try:
        _refuse(folder, found)
        shutil.rmtree(unfinished, ignore_errors=True)  # of one that was killed
        unfinished.mkdir(parents=True, mode=0o700)
        made = _copy(found, unfinished, earlier=earlier)
        unfinished.replace(folder)  # whole, or not there
    except (BackupFailed, OSError) as exc:
        shutil.rmtree(unfinished, ignore_errors=True)
        complain(f"No backup: {exc}")
        raise typer.Exit(UNUSABLE) from exc
    if as_json:
        show_json(asdict(made))
    else:
        say(f"Backed up {', '.join(made.parts)} to {folder} ({made.blobs} blobs, {made.blob_bytes} bytes).")


def _refuse(folder: Path, found: StoreSettings) -> None:
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise BackupFailed(f"{folder} is there already, and not empty: each backup has a folder of its own.")
    if folder.resolve().is_relative_to(found.data):
        raise BackupFailed(f"{folder} is inside of what it is to be a copy of: choose another place.")


def _copy(found: StoreSettings, folder: Path, *, earlier: Path | None) -> Made:
    """Jobs, then the catalogue, then the blobs: what a job needs was there before it, and is copied after it."""
    parts, count, total = [], 0, 0
    if copy_jobs(found.data / "redis", folder / "redis"):
        parts.append("jobs")
    else:
        remark(NO_JOBS.format(found.data / "redis"))
    copy_catalogue(found.database_url, folder)
    parts.append("catalogue")
    url = urlsplit(found.blobs_url)
    if url.scheme in ("", "file"):
        source = Path(unquote(url.path))
        count, total = copy_blobs(source, folder / "blobs", earlier=earlier / "blobs" if earlier else None)
        parts.append("blobs")
    else:
        remark(NO_BLOBS.format(f"{url.scheme}://{url.hostname or ''}"))
    return Made(tuple(parts), blobs=count, blob_bytes=total)
