"""Every rule of the policy, in the order of their codes."""

from __future__ import annotations

from policies.rules.base_class import BaseClass
from policies.rules.constructor import Constructor
from policies.rules.empty import Empty
from policies.rules.encoding import Encoding
from policies.rules.finished import Finished
from policies.rules.imports import Imports
from policies.rules.node_types import NodeTypes
from policies.rules.nul import Nul
from policies.rules.one_class import OneClass
from policies.rules.predict_single import PredictSingle
from policies.rules.rule import Rule
from policies.rules.size import Size
from policies.rules.syntax import Syntax

ALL: tuple[Rule, ...] = (
    Size(),
    Encoding(),
    Nul(),
    Empty(),
    Syntax(),
    NodeTypes(),
    Finished(),
    OneClass(),
    BaseClass(),
    Constructor(),
    PredictSingle(),
    Imports(),
)

__all__ = ["ALL", "Rule"]
