"""Upload PyTorch models. The one place of the SDK that needs torch: ``pip install 'cloche[torch]'``."""

from __future__ import annotations

try:
    import torch as _torch  # noqa: F401 - only to say clearly what is missing
except ImportError as exc:
    raise ImportError("cloche.pytorch needs PyTorch. Install it with: pip install 'cloche[torch]'") from exc

from cloche.pytorch._upload import upload_model

__all__ = ["upload_model"]
