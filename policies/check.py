"""The check itself: source in, verdict out. Pure and in this process; servers use ``policies.isolated``."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterable
from functools import cache
from typing import cast

from policies.allowlist.entries import NONE, Allowances, allowlist
from policies.context import Context
from policies.grammar import Grammar
from policies.rules import ALL, Rule
from policies.rules.node_types import NodeTypes
from policies.rules.syntax import Syntax
from policies.source import Finding, Source
from policies.verdict import Verdict
from policies.version import GRAMMAR_VERSION, POLICY_VERSION

_FIRST_EXEMPT = "CL2"  # an exempt tenant's files still obey CL0 (the file) and CL1 (the structure)

_Handler = Callable[[ast.AST, Context], Iterable[Finding]]


def check(source: bytes, *, allowances: Allowances = NONE) -> Verdict:
    """Every violation of the policy in one source file, sorted by place.

    ``allowances`` is what an operator decided for the tenant. Never runs the source and never raises for any
    content. It does not bound its own time and memory: that is what ``policies.isolated.check_isolated`` is for.
    """
    findings = next((found for rule in ALL if (found := list(rule.of_bytes(source)))), [])
    if findings:  # the first rule that refuses the bytes ends the check: there is no text to look at
        return verdict_of(source, findings)
    text = source.decode("utf-8-sig")
    findings = [finding for rule in ALL for finding in rule.of_text(text)]
    tree, unparsed = Syntax().parse(text)
    if unparsed:
        findings.append(unparsed)
    if tree is None:
        return verdict_of(source, findings, text=text)
    context = Context(Source(text), tree, allowlist(allowances))
    findings += _look(context)
    if allowances.exempt:
        findings = [finding for finding in findings if finding.code < _FIRST_EXEMPT]
    return verdict_of(source, findings, text=text, class_name=context.model.name if context.model else None)


def verdict_of(source: bytes, findings: Iterable[Finding], *, text: str = "", class_name: str | None = None) -> Verdict:
    """A verdict from findings, each once."""
    lines = Source(text)
    violations = {lines.violation(finding) for finding in findings}
    return Verdict(
        source_sha256=hashlib.sha256(source).hexdigest(),
        policy_version=POLICY_VERSION,
        python_version=GRAMMAR_VERSION,
        class_name=class_name,
        violations=tuple(sorted(violations)),
    )


def _look(context: Context) -> list[Finding]:
    """Show every rule the tree and each node it asks for."""
    findings: list[Finding] = []
    for rule in ALL:
        findings.extend(rule.of_tree(context.tree, context))
    handlers = _handlers()
    denied = NodeTypes()

    def see(node: ast.AST) -> None:
        for handler in handlers.get(type(node).__name__, ()):
            findings.extend(handler(node, context))

    Grammar(see=see, refuse=lambda node: findings.append(denied.refused(node))).run(context.tree)
    return findings


@cache
def _handlers() -> dict[str, list[_Handler]]:
    """For each node type the ``visit_X`` methods that want to see it."""
    table: dict[str, list[_Handler]] = {}
    for rule in ALL:
        for attribute in dir(rule):
            if attribute.startswith("visit_"):
                table.setdefault(attribute.removeprefix("visit_"), []).append(_method(rule, attribute))
    return table


def _method(rule: Rule, attribute: str) -> _Handler:
    return cast(_Handler, getattr(rule, attribute))
