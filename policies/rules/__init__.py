"""Every rule of the policy, in the order of their codes."""

from __future__ import annotations

from policies.rules.array_class import ArrayClass
from policies.rules.attribute_bags import AttributeBags
from policies.rules.attributes_by_name import AttributesByName
from policies.rules.base_class import BaseClass
from policies.rules.buffers_of_bytes import BuffersOfBytes
from policies.rules.builtin_names import BuiltinNames
from policies.rules.bytes_only import BytesOnly
from policies.rules.caught_exceptions import CaughtExceptions
from policies.rules.class_makers import ClassMakers
from policies.rules.class_patterns import ClassPatterns
from policies.rules.constructor import Constructor
from policies.rules.dotted_paths import DottedPaths
from policies.rules.empty import Empty
from policies.rules.encoding import Encoding
from policies.rules.finished import Finished
from policies.rules.forbidden_text import ForbiddenText
from policies.rules.format_text import FormatText
from policies.rules.identifiers import Identifiers
from policies.rules.imported_names import ImportedNames
from policies.rules.imports import Imports
from policies.rules.introspection import Introspection
from policies.rules.log_records import LogRecords
from policies.rules.memory_views import MemoryViews
from policies.rules.module_values import ModuleValues
from policies.rules.node_types import NodeTypes
from policies.rules.nul import Nul
from policies.rules.one_class import OneClass
from policies.rules.own_class import OwnClass
from policies.rules.patching import Patching
from policies.rules.picture_codecs import PictureCodecs
from policies.rules.picture_insides import PictureInsides
from policies.rules.plain_arguments import PlainArguments
from policies.rules.powerful_attributes import PowerfulAttributes
from policies.rules.predict_single import PredictSingle
from policies.rules.private_attributes import PrivateAttributes
from policies.rules.reserved_names import ReservedNames
from policies.rules.rule import Rule
from policies.rules.scheduler_state import SchedulerState
from policies.rules.size import Size
from policies.rules.special_attributes import SpecialAttributes
from policies.rules.special_methods import SpecialMethods
from policies.rules.syntax import Syntax
from policies.rules.tensor_class import TensorClass
from policies.rules.type_and_super import TypeAndSuper

ALL: tuple[Rule, ...] = (
    Size(),
    Encoding(),
    Nul(),
    Empty(),
    Syntax(),
    NodeTypes(),
    Identifiers(),
    Finished(),
    OneClass(),
    BaseClass(),
    Constructor(),
    PredictSingle(),
    Imports(),
    ImportedNames(),
    DottedPaths(),
    ModuleValues(),
    BuiltinNames(),
    AttributesByName(),
    TypeAndSuper(),
    PlainArguments(),
    BytesOnly(),
    AttributeBags(),
    SchedulerState(),
    ArrayClass(),
    PictureCodecs(),
    LogRecords(),
    ClassMakers(),
    BuffersOfBytes(),
    PictureInsides(),
    TensorClass(),
    MemoryViews(),
    SpecialAttributes(),
    Introspection(),
    PrivateAttributes(),
    PowerfulAttributes(),
    CaughtExceptions(),
    SpecialMethods(),
    OwnClass(),
    FormatText(),
    ForbiddenText(),
    ReservedNames(),
    ClassPatterns(),
    Patching(),
)

__all__ = ["ALL", "Rule"]
