"""A progress bar for an upload, or none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm  # type: ignore[import-untyped]  # ships no types; one call of it, typed by OnBytes

from cloche._uploads import OnBytes


@contextmanager
def upload_bar(name: str, *, total_bytes: int, shown: bool) -> Iterator[OnBytes]:
    """A bar on standard error, in bytes; silent when not shown."""
    with tqdm(
        total=total_bytes, desc=f"uploading {name}", unit="B", unit_scale=True, unit_divisor=1024, disable=not shown
    ) as bar:

        def on_bytes(count: int) -> None:
            bar.update(count)

        yield on_bytes
