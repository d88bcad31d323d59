"""How often the kernel refused this container a process or a thread: tells a fork bomb from a plain error."""

from __future__ import annotations

# cgroup v1, then v2. Both count the times `pids.max` was hit; each is this container's own.
_FILES = ("/sys/fs/cgroup/pids/pids.events", "/sys/fs/cgroup/pids.events")


class ProcessLimit:
    """Remembers the kernel's count. Read only when a call failed: it costs a few system calls."""

    def __init__(self) -> None:
        self._seen = _refusals()

    def was_hit(self) -> bool:
        """True when a process or thread was refused since the last time somebody asked."""
        before, self._seen = self._seen, _refusals()
        return self._seen > before


def _refusals() -> int:
    for name in _FILES:
        try:
            with open(name, encoding="ascii") as file:
                return int(file.read().split()[1])
        except (OSError, IndexError, ValueError):
            continue
    return 0
