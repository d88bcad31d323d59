"""The sandboxes of an installation, as `make down` sees them: those whose worker is gone."""

from __future__ import annotations

from ops.console import say


def remove_orphans() -> int:
    """Remove every sandbox of this installation whose worker is gone; how many.

    Call it when the workers have ended. An engine that doesn't answer is said, not raised: the next worker
    sweeps as well.
    """
    # Imported late: `make status` needs neither the worker nor the engine's client.
    from sandbox.docker_driver import DockerDriver
    from sandbox.errors import EngineUnreachable
    from worker.sandboxes import owner_tag
    from worker.settings import WorkerSettings

    settings = WorkerSettings().resolved()
    assert isinstance(settings, WorkerSettings)
    assert settings.run_dir is not None  # resolved() fills it
    driver = DockerDriver(run_dir=settings.run_dir / "sandboxes", image="", owner=owner_tag(settings))
    try:
        return driver.sweep()
    except EngineUnreachable as exc:
        say(f"the sandboxes left could not be looked for ({exc}). Run `make down` again when the engine is back")
        return 0
    finally:
        driver.close()
