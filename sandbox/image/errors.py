"""What can go wrong while the image is made: one root, one sentence that says what to do."""

from __future__ import annotations


class BuildFailed(Exception):
    """The runner image could not be built; the message says why and what to do."""

    code = "image_build_failed"
