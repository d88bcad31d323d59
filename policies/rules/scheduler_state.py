"""CL406."""

from __future__ import annotations

import ast

from policies.context import Context
from policies.rules.rule import Findings, Rule

_SCHEDULERS = "torch.optim.lr_scheduler"
_STATE = frozenset({"state_dict", "load_state_dict"})


class SchedulerState(Rule):
    """The state of a learning-rate scheduler is left alone.

    What: A file that uses torch.optim.lr_scheduler calls state_dict and load_state_dict on self only.

    Why: A scheduler's load_state_dict sets any attribute, and its state_dict hands out the insides of the classes
    it was given as functions. A model that only answers has no use for either.

    Example:
        scheduler.load_state_dict(state)       # refused
        scheduler.step()                       # accepted
    """

    code = "CL406"
    name = "allow schedulers without their state"

    def visit_Attribute(self, node: ast.Attribute, context: Context) -> Findings:
        if node.attr in _STATE and not context.is_own(node.value) and _has_schedulers(context):
            yield self.found(node, f"{node.attr} in a file with schedulers.", "Leave the training code out.")

    def visit_Call(self, node: ast.Call, context: Context) -> Findings:
        if not context.is_builtin(node.func, "getattr") or len(node.args) < 2 or not _has_schedulers(context):
            return
        known = context.texts.of(node.args[1]).known
        if (known is None or known & _STATE) and not context.is_own(node.args[0]):
            yield self.found(node, "getattr in a file with schedulers.", "Leave the training code out.")


def _has_schedulers(context: Context) -> bool:
    return any(path == _SCHEDULERS or path.startswith(f"{_SCHEDULERS}.") for path in context.used_paths)
