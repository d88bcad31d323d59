"""What ``import cloche`` promises."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import cloche
import cloche.pytorch
from cloche import _errors

PUBLIC = {
    "ApiError", "Batch", "BatchResult", "Client", "ClocheError", "ConfigurationError", "ConnectionFailed", "Delivery",
    "EngineUnavailable", "Event",
    "InputNotSendable", "Job", "JobCanceled", "JobExpired", "JobFailed", "JobUnsuccessful", "LoadFailed", "Model",
    "ModelNotReady", "NotAllowed", "NotAuthenticated", "NotFound", "Quota", "QuotaExceeded", "RateLimited",
    "RequestInvalid", "Retry", "SourceRefused", "Upload", "UploadRejected", "Usage", "UsageDay", "UsageTotals",
    "Verdict", "Version", "Violation", "WaitTimedOut", "Webhook", "WeightsNotSavable", "__version__", "predict",
    "submit",
}  # fmt: skip


def test_all_is_exact() -> None:
    """``__all__`` lists every public name and no other: adding or losing one is a decision."""
    visible = {
        name
        for name, value in vars(cloche).items()
        if not name.startswith("_") and not isinstance(value, ModuleType) and name != "annotations"
    }
    assert set(cloche.__all__) == PUBLIC
    assert visible == PUBLIC - {"__version__"}
    assert cloche.pytorch.__all__ == ["upload_model"]


def test_every_error_is_public_and_in_the_tree() -> None:
    """Whatever the SDK raises can be caught by a public name, and is drawn in the tree."""
    errors = [value for value in vars(_errors).values() if isinstance(value, type) and issubclass(value, Exception)]
    drawn = _errors.__doc__ or ""
    for error in errors:
        assert error.__name__ in cloche.__all__
        assert error.__name__ in drawn
        assert issubclass(error, cloche.ClocheError)
        assert error.__doc__


def test_import_does_nothing_heavy() -> None:
    """``import cloche`` imports neither torch nor numpy nor safetensors, so that asking stays light."""
    probe = "import sys, cloche; print([m for m in ('torch', 'numpy', 'safetensors') if m in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


def test_without_torch_the_sentence_says_what_to_install() -> None:
    """Without PyTorch, ``import cloche.pytorch`` says how to get it."""
    probe = "import sys; sys.modules['torch'] = None\nimport cloche.pytorch"
    ended = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "pip install 'cloche[torch]'" in ended.stderr
