"""CL201."""

from __future__ import annotations

import ast

from policies.allowlist import MODULES
from policies.context import Context
from policies.rules.rule import Findings, Rule
from policies.source import Finding

_HINTS = {
    "os": "A model has no files, environment or processes; take what you need as input or from the weights.",
    "sys": "Raise an exception instead of exiting, print instead of writing to a stream.",
    "subprocess": "A model starts no programs; do the work in Python.",
    "socket": "A model has no network; take what you need as input.",
    "requests": "A model has no network; take what you need as input.",
    "urllib": "A model has no network; take what you need as input.",
    "pickle": "Weights are loaded for you; use json for other data.",
    "pathlib": "A model has no files; read bytes with io.BytesIO.",
    "torchvision": "Write the preprocessing with torch or PIL; the layers with torch.nn.",
    "transformers": "Define the architecture with torch.nn in this file.",
}


class Imports(Rule):
    """Only listed modules are imported.

    What: A module is imported when it is on the allowlist: torch and its parts, numpy, PIL.Image, and the
    pure part of the standard library. No relative import, no star.

    Why: Everything a model needs to compute is there. Everything it could do harm with (files, processes,
    network, code loading) is an import away, and therefore not on the list.

    Example:
        import os                            # refused
        from torch import *                  # refused
        import torch.nn.functional as F      # accepted
    """

    code = "CL201"
    name = "allow imports of listed modules"

    def visit_Import(self, node: ast.Import, context: Context) -> Findings:
        for alias in node.names:
            if alias.name not in MODULES:
                yield self._unlisted(alias, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom, context: Context) -> Findings:
        if node.level:
            yield self.found(node, "A relative import; the file stands alone.", "Put everything into this one file.")
            return
        module = node.module or ""
        if module not in MODULES:
            yield self._unlisted(node, module)
            return
        for alias in node.names:
            if alias.name == "*":
                yield self.found(alias, f"from {module} import * hides what is used.", "Import the names you use.")

    def _unlisted(self, node: ast.AST, module: str) -> Finding:
        root = module.partition(".")[0]
        hint = _HINTS.get(root, "Use torch, numpy or the listed part of the standard library.")
        return self.found(node, f"The module {module} can't be imported.", hint)
