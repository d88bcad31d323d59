"""Real sandboxes; see ``real``."""

from tests.sandbox.real import driver, image, models, owner, pool, pytest_runtest_makereport, runtime, sandbox_run_dir

__all__ = ["driver", "image", "models", "owner", "pool", "pytest_runtest_makereport", "runtime", "sandbox_run_dir"]
