"""Bound sandboxes that wait for their version's next turn, least recently used first."""

from __future__ import annotations

from collections import Counter

from sandbox.contract import Bundle, Sandbox


class Shelf:
    """Not thread-safe: the pool's lock guards it. Destroys nothing itself; it hands over what has to go."""

    def __init__(self) -> None:
        self._held: list[tuple[Bundle, Sandbox]] = []  # a few dozen at most: a list scan is nothing

    def __len__(self) -> int:
        return len(self._held)

    @property
    def memory_bytes(self) -> int:
        """The ceilings of all that is held."""
        return sum(bundle.limits.memory_bytes for bundle, _ in self._held)

    @property
    def held(self) -> list[tuple[Bundle, Sandbox]]:
        """All of them, with what they are bound to."""
        return list(self._held)

    def put(self, bundle: Bundle, sandbox: Sandbox) -> None:
        """Hold it as the most recently used."""
        self._held.append((bundle, sandbox))

    def take(self, bundle: Bundle) -> tuple[Sandbox | None, list[Sandbox]]:
        """The sandbox used last of those bound to exactly this bundle, and the version's useless ones.

        Useless is what died, and what was bound under limits that are no longer the tenant's.
        """
        same_version = [entry for entry in self._held if entry[0].version_id == bundle.version_id]
        useless = [sandbox for held, sandbox in same_version if held != bundle or not sandbox.alive]
        self._held = [entry for entry in self._held if entry[1] not in useless]
        for index in range(len(self._held) - 1, -1, -1):
            if self._held[index][0] == bundle:
                return self._held.pop(index)[1], useless
        return None, useless

    def drop(self, version_id: str) -> list[Sandbox]:
        """Hand over every sandbox of a version."""
        dropped = [sandbox for bundle, sandbox in self._held if bundle.version_id == version_id]
        self._held = [entry for entry in self._held if entry[0].version_id != version_id]
        return dropped

    def drop_dead(self) -> list[Sandbox]:
        """Hand over those that ended while they waited."""
        dropped = [sandbox for _, sandbox in self._held if not sandbox.alive]
        self._held = [entry for entry in self._held if entry[1] not in dropped]
        return dropped

    def shed(self) -> list[Sandbox]:
        """Hand over the one that ``shrink`` would begin with; nothing when nothing is held."""
        return [self._held.pop(self._least_deserved())[1]] if self._held else []

    def shrink(self, room_bytes: int) -> list[Sandbox]:
        """Hand over sandboxes until the rest fits into ``room_bytes``: the least recently used of who holds most.

        So a tenant that asks many versions in turn displaces its own, and one that asks now and then finds its
        sandbox warm.
        """
        dropped = []
        while self._held and self.memory_bytes > room_bytes:
            dropped.append(self._held.pop(self._least_deserved())[1])
        return dropped

    def _least_deserved(self) -> int:
        """Where it stands. Of tenants that hold the same, the one whose oldest was used longest ago."""
        held: Counter[str] = Counter()
        for bundle, _ in self._held:
            held[bundle.tenant_id] += bundle.limits.memory_bytes
        most = max(held.values())
        return next(index for index, (bundle, _) in enumerate(self._held) if held[bundle.tenant_id] == most)
