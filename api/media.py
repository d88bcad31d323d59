"""What an output of bytes is, told by its first bytes: only kinds that no browser runs anything of."""

from __future__ import annotations

JSON = "application/json"
BYTES = "application/octet-stream"
HEAD_BYTES = 32  # enough for every signature below

# Signatures of https://mimesniff.spec.whatwg.org. HTML, SVG, XML, PDF and archives are left out on purpose: what
# isn't here is a stream of bytes, whatever it looks like.
_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"GIF87a", "image/gif", "gif"),
    (b"GIF89a", "image/gif", "gif"),
    (b"OggS\x00", "application/ogg", "ogg"),
    (b"fLaC", "audio/flac", "flac"),
    (b"ID3", "audio/mpeg", "mp3"),
    (b"\x93NUMPY", "application/x-npy", "npy"),
)
_RIFF = {b"WEBP": ("image/webp", "webp"), b"WAVE": ("audio/wave", "wav"), b"AVI ": ("video/avi", "avi")}


def kind_of(head: bytes) -> tuple[str, str]:
    """The media type and the file name's ending of bytes that begin like this."""
    if head[:4] == b"RIFF" and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    if head[4:8] == b"ftyp" and head[8:11] in (b"mp4", b"iso", b"avc"):
        return "video/mp4", "mp4"
    for start, media, ending in _STARTS:
        if head.startswith(start):
            return media, ending
    return BYTES, "bin"
