"""Whether a rule's condition holds in a situation, and what it saw there.

A condition is one expression of the `rule-engine` language over the names of `rule_names`. Everything that can be
refused is refused when it is read: unknown names, kinds that do not fit, Python's regular expressions (exponential).
"""

from __future__ import annotations

import decimal
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import re2

from inboxcrm.domain.rule_language import DataType, ast, errors, rule_engine
from inboxcrm.domain.rule_names import (
    BRANCHES,
    HELPERS,
    LONGEST_PATTERN,
    NAMES,
    TYPES,
    Facts,
    compiled,
    found,
    mentioned,
)
from inboxcrm.domain.rule_shortcuts import Evaluate, shortcut
from inboxcrm.domain.text import one_line

SHOWN = 60
"""How many characters of a value an explanation repeats."""

LONGEST_CONDITION = 10_000

BUILTINS = ("any", "all")
"""Of the engine's own `$` names, those that are the same at every reading of the same mail and cannot run away."""

_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)|(?P<string>(?<!\w)[a-z]?(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))""", re.VERBOSE
)
_NAME = re.compile(r"(?<![\w.$])[a-z_]\w*(?:\s*\.\s*[a-z_]\w*)*")
_RUNAWAY = re.compile(r"\*\*|<<|>>")
_REGEX = re.compile(r"[=!]~")
_BUILTIN = re.compile(r"\$(\w+)")


class ConditionError(ValueError):
    """A condition that cannot be used; the message says why, in words that fit behind `"when": `."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing a condition looked at: a name with its value, or what a helper found (None: nothing)."""

    what: str
    value: object

    def __str__(self) -> str:
        match self.value:
            case None:
                return f"{self.what} found nothing"
            case bool() as truth:
                return f"{self.what} is {'true' if truth else 'false'}"
            case str() as text if self.what.endswith(")"):
                return f'{self.what} found "{one_line(text, SHOWN)}"'
            case str() as text:
                return f'{self.what} is "{one_line(text, SHOWN)}"'
            case datetime() as at:
                return f"{self.what} is {at:%a %Y-%m-%d %H:%M}"
            case tuple() as several:
                return f"{self.what} is {one_line(', '.join(map(str, several)), SHOWN) or 'empty'}"
            case other:
                return f"{self.what} is {other}"


Look = Callable[[Facts], Seen]
"""Tells what a condition looked at."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that was read and found fit. `text` is as the owner wrote it."""

    text: str
    _rule: Any = field(repr=False)
    _evaluate: Evaluate = field(repr=False)
    _looks: tuple[Look, ...] = field(repr=False)
    _counts: bool = field(repr=False)

    def holds(self, facts: Facts) -> bool:
        """Whether it holds; what the engine raises on the way (a division by zero, a missing item) is let through."""
        if not self._counts:
            return bool(self._evaluate(facts))
        with decimal.localcontext(self._rule.context.decimal_context):
            return bool(self._evaluate(facts))

    def seen(self, facts: Facts) -> tuple[Seen, ...]:
        """What the condition looked at, in the order in which it names it and without repeats."""
        return tuple(dict.fromkeys(look(facts) for look in self._looks))


@lru_cache(maxsize=1024)
def read_condition(text: str, context: Any) -> Condition:
    """Compile a condition against `rule_names.context`; ConditionError says what is wrong with it.

    Kept by text, because every file of rules is read again whenever one of them changes.
    """
    if len(text) > LONGEST_CONDITION:
        raise ConditionError(f"longer than {LONGEST_CONDITION} characters; make it several rules")
    _refuse_operators(text)
    try:
        rule = rule_engine.Rule(_raw_strings(text), context=context)
    except errors.EngineError as error:
        raise ConditionError(_told(error, text)) from error
    except RecursionError:
        raise ConditionError("nested too deeply; make it several rules") from None
    except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise ConditionError(f"cannot be read: {one_line(str(error), 120)}") from error
    expression = rule.statement.expression
    for node in _nodes(expression):
        _check(node)
    _must_be_truth(expression, "a condition")
    looks = tuple(look for node in _nodes(expression) if (look := _look(node)) is not None)
    evaluate, counts = shortcut(expression, _path)
    return Condition(text, rule, evaluate, looks, counts)


# -- before the engine reads it


def _refuse_operators(text: str) -> None:
    bare = _TOKEN.sub(" ", text)
    if _REGEX.search(bare):
        raise ConditionError(
            "the operators =~ and !~ are refused, since some patterns would never end; "
            'write matches(message.text, "pattern")'
        )
    if _RUNAWAY.search(bare):
        raise ConditionError("powers and shifts (**, <<, >>) are refused; conditions compare and count")
    for name in _BUILTIN.findall(bare):
        if name not in BUILTINS:
            instead = "; ask for received" if name in ("now", "today") else ""
            raise ConditionError(f"${name} is refused{instead}. Of the $ names there are $any and $all")


def _raw_strings(text: str) -> str:
    """Every text literal raw, so that a backslash is a backslash and `\\b` reaches the pattern as it was written."""

    def raw(match: re.Match[str]) -> str:
        if match["comment"]:
            return ""
        return f"r{match['string']}" if match["string"][0] in "\"'" else match["string"]

    return " ".join(_TOKEN.sub(raw, text).split("\n"))


# -- what the engine refuses, in our words


def _told(error: Exception, text: str) -> str:
    match error:
        case errors.RuleSyntaxError(token=None):
            return "it ends too early; a bracket or the second half of a comparison is missing"
        case errors.RuleSyntaxError():
            token = str(error.token.value).split()[0] if str(error.token.value).strip() else "?"
            return f"cannot be read at {one_line(token, SHOWN)}"
        case errors.SymbolResolutionError():
            path = _whole(error.symbol_name, text)
            return f'unknown name "{path}".{_suggestion(path)}'
        case errors.ObjectAttributeError():
            path = f"{error.object.name}.{error.attribute_name}"
            return f'unknown name "{path}".{_suggestion(path)}'
        case errors.AttributeResolutionError():
            hint = f' Did you mean "{error.suggestion}"?' if error.suggestion else ""
            return f'a {_kind(error.object)} has no "{error.attribute_name}".{hint}'
        case errors.FunctionCallError() if error.function_name in HELPERS:
            takes = ", ".join(kind.value for kind in HELPERS[error.function_name].takes)
            return f"{error.function_name}() is given ({takes}){_kinds_used(text)}"
        case errors.EvaluationError():
            return f"{error.message}{_kinds_used(text)}"
        case _:
            return one_line(str(error), 200)


def _whole(name: str, text: str) -> str:
    """The full name that begins with this one in the condition."""
    return next((full for full in _names_used(text) if full.partition(".")[0] == name), name)


def _names_used(text: str) -> list[str]:
    return list(dict.fromkeys(re.sub(r"\s", "", name) for name in _NAME.findall(_TOKEN.sub(" ", text))))


def _suggestion(path: str) -> str:
    if path.partition(".")[0] in ("now", "today"):
        return ' Did you mean "received"?'
    if path in NAMES:
        asked = " or ".join(sorted(f'"{each}"' for each in NAMES[path].on))
        return f" Only a rule with on = {asked} knows it."
    known = [*NAMES, *HELPERS]
    near = get_close_matches(path, known, n=1) or get_close_matches(path, [each.split(".")[-1] for each in known], n=1)
    full = next((each for each in known if near and (each == near[0] or each.endswith(f".{near[0]}"))), None)
    return f' Did you mean "{full}"?' if full else ""


def _kinds_used(text: str) -> str:
    """Which kinds the names in a condition have, for the one who mixed them up."""
    kinds = [f"{name} is a {NAMES[name].kind.value}" for name in _names_used(text) if name in NAMES]
    return f"; {', '.join(kinds)}" if kinds else ""


def _kind(of_type: Any) -> str:
    if DataType.is_type(of_type, DataType.OBJECT):
        return "group of names"
    named = (kind.value for kind, known in TYPES.items() if known == of_type)
    return next(named, str(of_type.name).lower())


# -- what the engine lets pass and we do not


def _check(node: Any) -> None:
    match node:
        case ast.LogicExpression():
            _must_be_truth(node.left, f'what stands before "{node.type}"')
            _must_be_truth(node.right, f'what stands behind "{node.type}"')
        case ast.UnaryExpression() if node.type == "not":
            _must_be_truth(node.right, 'what stands behind "not"')
        case ast.ComparisonExpression() if type(node) is ast.ComparisonExpression:
            _check_equality(node)
        case ast.ContainsExpression():
            _check_membership(node)
        case ast.FunctionCallExpression() if _path(node.function) in HELPERS:
            _check_call(node)
        case _:
            return


def _must_be_truth(node: Any, what: str) -> None:
    if node.result_type not in (DataType.BOOLEAN, DataType.UNDEFINED):
        named = _path(node)
        which = f"{named} is" if named else "this is"
        raise ConditionError(f"{what} must be yes or no, and {which} a {_kind(node.result_type)}; compare it with one")


def _check_equality(node: Any) -> None:
    left, right = node.left, node.right
    if DataType.UNDEFINED not in (left.result_type, right.result_type) and not DataType.is_compatible(
        left.result_type, right.result_type
    ):
        raise ConditionError(
            f"a {_kind(left.result_type)} and a {_kind(right.result_type)} are never equal{_of(left, right)}"
        )
    _check_choice(left, right)
    _check_choice(right, left)


def _of(*nodes: Any) -> str:
    named = [f"{path} is a {NAMES[path].kind.value}" for path in map(_path, nodes) if path in NAMES]
    return f"; {', '.join(named)}" if named else ""


def _check_choice(name: Any, literal: Any) -> None:
    """A text that the name can never be is a misspelling."""
    choices = NAMES[path].choices if (path := _path(name)) in NAMES else ()
    if choices and isinstance(literal, ast.StringExpression) and literal.value not in choices:
        near = get_close_matches(literal.value, choices, n=1)
        hint = f' Did you mean "{near[0]}"?' if near else ""
        raise ConditionError(f'{path} is never "{literal.value}"; it is one of {", ".join(choices)}.{hint}')


def _check_membership(node: Any) -> None:
    inside = node.container
    members = inside.value if isinstance(inside, (ast.ArrayExpression, ast.SetExpression)) else ()
    for member in members:
        if not DataType.is_compatible(member.result_type, node.member.result_type):
            raise ConditionError(
                f"a {_kind(node.member.result_type)} is never in a list with a {_kind(member.result_type)}"
                f"{_of(node.member)}"
            )
        _check_choice(node.member, member)


def _check_call(node: Any) -> None:
    name, arguments = _path(node.function), node.arguments
    if name == "matches":
        _check_pattern(arguments[1])
    if name == "mentions":
        words = arguments[1]
        texts = isinstance(words, ast.ArrayExpression) and all(
            isinstance(one, ast.StringExpression) for one in words.value
        )
        if texts and not any(one.value.strip() for one in words.value):
            raise ConditionError("mentions() is given no word to look for")
        if isinstance(words, ast.ArrayExpression) and not texts:
            raise ConditionError('mentions() is given texts in square brackets, such as ["invoice", "receipt"]')


def _check_pattern(pattern: Any) -> None:
    if not isinstance(pattern, ast.StringExpression):
        raise ConditionError('the pattern of matches() is written out, such as matches(message.text, "invoice [0-9]+")')
    if len(pattern.value) > LONGEST_PATTERN:
        raise ConditionError(f"the pattern of matches() is longer than {LONGEST_PATTERN} characters")
    try:
        compiled(pattern.value)
    except re2.error as error:
        why = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
        raise ConditionError(f"the pattern of matches() cannot be read: {one_line(why, 120)}") from error


# -- walking the expression

_LIMBS = (
    "left", "right", "condition", "case_true", "case_false", "container", "member", "item", "start", "stop", "result",
    "iterable", "function", "object",
)  # fmt: skip


def _nodes(node: Any) -> Iterator[Any]:
    """A node and all below it; a full name such as `message.from.domain` is one node."""
    yield node
    if _path(node):
        return
    below = [getattr(node, limb, None) for limb in _LIMBS]
    below += getattr(node, "arguments", ())
    if isinstance(node, (ast.ArrayExpression, ast.SetExpression)):
        below += list(node.value)
    for each in below:
        if isinstance(each, ast.ExpressionBase):
            yield from _nodes(each)


def _path(node: Any) -> str:
    """The full name a node stands for, or ""."""
    parts: list[str] = []
    while isinstance(node, ast.GetAttributeExpression):
        parts.insert(0, node.name)
        node = node.object
    if not isinstance(node, ast.SymbolExpression) or node.scope is not None:
        return ""
    path = ".".join((node.name, *parts))
    return path if path in NAMES or path in HELPERS or path in BRANCHES else ""


def _look(node: Any) -> Look | None:
    """How to tell what a node looked at; None for a node that looks at nothing itself."""
    path = _path(node)
    if path in NAMES:
        return None if path in _QUOTED_WHOLE else lambda facts: Seen(path, facts[path])
    if isinstance(node, ast.FunctionCallExpression):
        looked = _path(node.function)
        if looked in _SEARCHES and (text := _path(node.arguments[0])) in NAMES:
            search, wanted = _SEARCHES[looked], node.arguments[1]
            return lambda facts: Seen(f"{looked}({text})", search(facts[text], wanted.evaluate(facts)))
    return None


_QUOTED_WHOLE = ("message.text", "message.subject_and_text")
"""A letter is not repeated to explain a rule; what a helper found in it is."""

_SEARCHES = {"matches": found, "mentions": mentioned}
