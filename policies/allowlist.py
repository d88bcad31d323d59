"""Which modules a model may import. Default deny: what is not here is refused."""

from __future__ import annotations

MODULES: frozenset[str] = frozenset(
    {
        "__future__", "abc", "base64", "binascii", "bisect", "cmath", "collections", "collections.abc", "contextlib",
        "copy", "datetime", "decimal", "enum", "fractions", "functools", "hashlib", "heapq", "html", "io", "itertools",
        "json", "logging", "math", "numbers", "operator", "random", "re", "statistics", "string", "struct", "textwrap",
        "time", "types", "typing", "typing_extensions", "unicodedata", "warnings", "zlib",
        "numpy", "numpy.fft", "numpy.linalg", "numpy.random", "numpy.typing",
        "PIL", "PIL.Image", "PIL.ImageOps",
        "torch", "torch.amp", "torch.autograd", "torch.backends", "torch.backends.cudnn", "torch.backends.mps",
        "torch.cuda", "torch.cuda.amp", "torch.distributions", "torch.fft", "torch.func", "torch.linalg", "torch.nn",
        "torch.nn.attention", "torch.nn.functional", "torch.nn.init", "torch.nn.modules", "torch.nn.modules.module",
        "torch.nn.parameter", "torch.nn.utils", "torch.nn.utils.parametrizations", "torch.nn.utils.rnn",
        "torch.random", "torch.sparse", "torch.special", "torch.utils", "torch.utils.checkpoint",
    }
)  # fmt: skip
