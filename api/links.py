"""The API's signed links to outputs: the secret is fetched when it is first needed, and again when it seems old."""

from __future__ import annotations

from store.jobs.front import JobFront
from store.links import Links, secret_of


class Linker:
    """Makes and checks links. Every API process of the installation has the same secret."""

    def __init__(self, jobs: JobFront, *, setting: str, lifetime_seconds: int) -> None:
        self._jobs = jobs
        self._setting = setting
        self._lifetime_seconds = lifetime_seconds
        self._links: Links | None = None

    async def links(self) -> Links:
        """For signing. Raises RedisUnavailable where the secret is not known yet."""
        return self._links or await self._load()

    async def opens(self, job_id: str, *, expires: str, signature: str) -> bool:
        """Whether the link holds. One that doesn't is held against the secret of now before it is refused."""
        for links in (await self.links(), None):
            if (links or await self._load()).opens(job_id, expires=expires, signature=signature):
                return True
        return False

    async def _load(self) -> Links:
        text = self._setting or await self._jobs.link_secret()
        self._links = Links(secret_of(text), self._lifetime_seconds)
        return self._links
