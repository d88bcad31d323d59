"""Tests on a real GPU: collected where there is one. Where there is none, the end of the report says so."""

from tests.conftest import gpu_here
from tests.sandbox.real import models, owner, pytest_runtest_makereport, sandbox_run_dir

__all__ = ["models", "owner", "pytest_runtest_makereport", "sandbox_run_dir"]

collect_ignore_glob = [] if gpu_here() else ["test_*.py"]
