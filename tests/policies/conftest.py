"""The hostile corpus is proven in a real sandbox; see ``tests.sandbox.real``."""

from tests.sandbox.real import driver, image, owner, pytest_runtest_makereport, runtime, sandbox_run_dir

__all__ = ["driver", "image", "owner", "pytest_runtest_makereport", "runtime", "sandbox_run_dir"]
