"""Links to one output that need no key: signed with a secret that every process of the installation has.

# links:secret  string  made by whoever needs it first, unless the setting CLOCHE_LINK_SECRET gives one; kept beside
#                       the jobs, because a link is worth no more than the job it leads to
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass
from typing import cast

import redis

SECRET_KEY = "links:secret"
SECRET_BYTES = 32
_EXPIRES = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Links:
    """Signs and checks links. One link opens the output of one job, until it expires; nothing else."""

    secret: bytes
    lifetime_seconds: int

    def query(self, job_id: str, *, expires: int | None = None) -> str:
        """What follows the question mark. ``expires``: seconds since 1970, the default lifetime from now if None.

        The default is cut to a sixth of the lifetime, so that asking again soon gives the same link.
        """
        now = int(time.time())
        fresh = now - now % max(1, self.lifetime_seconds // 6) + self.lifetime_seconds
        until = str(fresh if expires is None else expires)
        return f"expires={until}&signature={self._signature(job_id, until)}"

    def opens(self, job_id: str, *, expires: str, signature: str) -> bool:
        """Whether this is a link of ours to that job's output, and its time is not over."""
        if not _EXPIRES.fullmatch(expires) or not signature.isascii():
            return False
        genuine = hmac.compare_digest(self._signature(job_id, expires), signature)
        return genuine and int(expires) > time.time()

    def _signature(self, job_id: str, expires: str) -> str:
        # The first word says what is signed, so that no signature made for another purpose ever opens an output.
        message = f"output\n{job_id}\n{expires}".encode()
        return base64.urlsafe_b64encode(hmac.digest(self.secret, message, "sha256")).rstrip(b"=").decode()


def fresh_secret() -> str:
    """A secret to offer as the installation's."""
    return secrets.token_hex(SECRET_BYTES)


def secret_of(text: str | bytes) -> bytes:
    """The key to sign with, from a setting or from what Redis holds. Any text is made 256 bits."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).digest()


def open_links(connection: redis.Redis, *, setting: str, lifetime_seconds: int) -> Links:
    """The installation's links, for processes that may block. Raises redis.RedisError."""
    text = setting or cast("bytes | None", connection.get(SECRET_KEY))
    if text is None:
        connection.set(SECRET_KEY, fresh_secret(), nx=True)
        text = cast("bytes", connection.get(SECRET_KEY))
    return Links(secret_of(text), lifetime_seconds)
