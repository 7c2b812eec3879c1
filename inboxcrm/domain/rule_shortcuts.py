"""Conditions as plain Python calls: what rule-engine checks anew at each evaluation was proved when they were read.

It costs rule-engine some 60 us to work out an ordinary condition, most of them for the kinds of values. Names,
literals, comparisons, `and`, `or`, `not`, `in` and our own helpers are called directly; all else stays the engine's.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from inboxcrm.domain.rule_language import DataType, ast
from inboxcrm.domain.rule_names import HELPERS, NAMES, Facts, Helper

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


def shortcut(node: Any, path: Callable[[Any], str]) -> tuple[Evaluate, bool]:
    """What works a node out, and whether the engine has a part in it, which counts by a decimal context of its own.

    `path` tells the full name that a node stands for, or "".
    """
    left_to_engine: list[Any] = []
    return _Reader(path, left_to_engine.append).read(node), bool(left_to_engine)


class _Reader:
    """Reads the nodes of one condition; `leave` is told of those that stay the engine's."""

    def __init__(self, path: Callable[[Any], str], leave: Callable[[Any], None]) -> None:
        self._path = path
        self._leave = leave

    def read(self, node: Any) -> Evaluate:
        named = self._path(node)
        if named in NAMES:
            return operator.itemgetter(named)
        match node:
            case ast.LogicExpression(type="and"):
                return _all(tuple(self.read(each) for each in _chain(node, "and")))
            case ast.LogicExpression(type="or"):
                return _any(tuple(self.read(each) for each in _chain(node, "or")))
            case ast.UnaryExpression(type="not"):
                return _neither(self.read(node.right))
            case ast.ComparisonExpression() if node.type in _COMPARE and _comparable(node):
                return self._compared(node)
            case ast.FunctionCallExpression() if self._path(node.function) in HELPERS:
                return self._called(HELPERS[self._path(node.function)], node.arguments)
            case ast.ContainsExpression():
                return _contained(self.read(node.member), self.read(node.container))
        if (value := _written(node)) is not _UNWRITTEN:
            return lambda _facts: value
        self._leave(node)
        evaluate: Evaluate = node.evaluate
        return evaluate

    def _compared(self, node: Any) -> Evaluate:
        compare, left = _COMPARE[node.type], self.read(node.left)
        if (value := _written(node.right)) is not _UNWRITTEN:
            return lambda facts: compare(left(facts), value)
        right = self.read(node.right)
        return lambda facts: compare(left(facts), right(facts))

    def _called(self, helper: Helper, arguments: Sequence[Any]) -> Evaluate:
        text = self.read(arguments[0])
        if (value := _written(arguments[1])) is not _UNWRITTEN:
            made = helper.made(value)
            return lambda facts: made(text(facts))
        other, call = self.read(arguments[1]), helper.call
        return lambda facts: call(text(facts), other(facts))


_UNWRITTEN = object()


def _written(node: Any) -> Any:
    """The value of what is written out in a condition, else `_UNWRITTEN`."""
    if isinstance(node, _LITERALS):
        return node.value
    if isinstance(node, ast.ArrayExpression) and all(isinstance(each, _LITERALS) for each in node.value):
        return tuple(each.value for each in node.value)
    return _UNWRITTEN


def _chain(node: Any, kind: str) -> list[Any]:
    """What a run of `and` or of `or` holds together, in order."""
    if isinstance(node, ast.LogicExpression) and node.type == kind:
        return [*_chain(node.left, kind), *_chain(node.right, kind)]
    return [node]


def _comparable(node: Any) -> bool:
    return node.left.result_type == node.right.result_type and node.left.result_type in _SCALARS


def _all(parts: tuple[Evaluate, ...]) -> Evaluate:
    def holds(facts: Facts) -> bool:
        for part in parts:  # noqa: SIM110 - all() with a generator takes twice as long, and this runs for every mail
            if not part(facts):
                return False
        return True

    return holds


def _any(parts: tuple[Evaluate, ...]) -> Evaluate:
    def holds(facts: Facts) -> bool:
        for part in parts:  # noqa: SIM110 - as in _all
            if part(facts):
                return True
        return False

    return holds


def _neither(right: Evaluate) -> Evaluate:
    return lambda facts: not right(facts)


def _contained(member: Evaluate, container: Evaluate) -> Evaluate:
    return lambda facts: member(facts) in container(facts)
