"""Conditions as plain Python calls: what rule-engine checks anew at each evaluation was proved when they were read.

It costs rule-engine some 60 us to work out an ordinary condition, most of them for the kinds of values. Names,
literals, comparisons, `and`, `or`, `not`, `in` and our own helpers are called directly; all else stays the engine's.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from rule_engine import DataType, ast

from inboxcrm.domain.rule_names import HELPERS, NAMES, Facts

Evaluate = Callable[[Facts], Any]

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
_LITERALS = (ast.StringExpression, ast.FloatExpression, ast.BooleanExpression)
_SCALARS = (DataType.STRING, DataType.FLOAT, DataType.BOOLEAN)


def shortcut(node: Any, path: Callable[[Any], str]) -> Evaluate:
    """What works a node out; `path` tells the full name that a node stands for, or ""."""
    named = path(node)
    if named in NAMES:
        return lambda facts: facts.get(named)
    match node:
        case ast.LogicExpression(type="and"):
            return _both(shortcut(node.left, path), shortcut(node.right, path))
        case ast.LogicExpression(type="or"):
            return _either(shortcut(node.left, path), shortcut(node.right, path))
        case ast.UnaryExpression(type="not"):
            return _neither(shortcut(node.right, path))
        case ast.ComparisonExpression() if node.type in _COMPARE and _comparable(node):
            return _compared(_COMPARE[node.type], shortcut(node.left, path), shortcut(node.right, path))
        case ast.FunctionCallExpression() if path(node.function) in HELPERS:
            helper = HELPERS[path(node.function)].call
            return _called(helper, tuple(shortcut(each, path) for each in node.arguments))
        case ast.ArrayExpression() if all(isinstance(each, _LITERALS) for each in node.value):
            return _constant(tuple(each.value for each in node.value))
        case ast.StringExpression() | ast.FloatExpression() | ast.BooleanExpression():
            return _constant(node.value)
        case ast.ContainsExpression():
            return _contained(shortcut(node.member, path), shortcut(node.container, path))
    evaluate: Evaluate = node.evaluate
    return evaluate


def _comparable(node: Any) -> bool:
    return node.left.result_type == node.right.result_type and node.left.result_type in _SCALARS


def _both(left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda facts: bool(left(facts) and right(facts))


def _either(left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda facts: bool(left(facts) or right(facts))


def _neither(right: Evaluate) -> Evaluate:
    return lambda facts: not right(facts)


def _compared(compare: Callable[[Any, Any], bool], left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda facts: compare(left(facts), right(facts))


def _called(helper: Callable[..., bool], arguments: tuple[Evaluate, ...]) -> Evaluate:
    return lambda facts: helper(*(each(facts) for each in arguments))


def _contained(member: Evaluate, container: Evaluate) -> Evaluate:
    return lambda facts: member(facts) in container(facts)


def _constant(value: Any) -> Evaluate:
    return lambda _facts: value
