"""The sandboxes of an installation, as `make down` sees them: by their label, whatever process started them."""

from __future__ import annotations

from ops.console import say

OWNER_LABEL = "cloche.owner"


def remove_all() -> int:
    """Remove every sandbox of this installation; how many. An engine that doesn't answer is said, not raised."""
    # Imported late: `make status` and `make up` need neither the worker nor the engine's client.
    from sandbox.engine import Engine
    from sandbox.errors import EngineUnreachable
    from worker.main import owner_tag
    from worker.settings import WorkerSettings

    settings = WorkerSettings().resolved()
    assert isinstance(settings, WorkerSettings)
    engine = Engine()
    try:
        found = engine.labelled([f"{OWNER_LABEL}={owner_tag(settings)}"])
        for container_id, _ in found:
            engine.remove(container_id)
    except EngineUnreachable as exc:
        say(f"its sandboxes could not be looked for: {exc}")
        return 0
    finally:
        engine.close()
    return len(found)
