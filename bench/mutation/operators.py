"""Which mutants does a module have? One small change each: a comparison, a constant, a name in a table, a pattern."""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.mutation.patterns import weaker

_SWAPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.Mult: ast.Add,
}  # fmt: skip
_OTHER_NAME = {"any": "all", "all": "any", "min": "max", "max": "min"}
_OTHER_METHOD = {
    "partition": "rpartition", "rpartition": "partition", "startswith": "endswith", "endswith": "startswith",
    "fullmatch": "match", "match": "fullmatch", "search": "match",
}  # fmt: skip
_CLEANING = frozenset({"casefold", "lower", "strip", "lstrip", "rstrip", "replace", "removeprefix", "sub"})
_SAW = {"suppress": 1, "review": 1, "ceiling": 2}
"""Where the words for the reader stand in the answers of a row: they change no verdict."""
_TESTED = (ast.If, ast.IfExp, ast.While)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: `new` in place of what stands in `parent`'s field. `name` stays the same while its line does."""

    name: str
    parent: ast.AST = field(repr=False)
    place: str
    index: int | None
    new: ast.AST | None = field(repr=False)

    def apply(self) -> None:
        """Change the tree for good; None removes the item of a list."""
        if self.index is None:
            setattr(self.parent, self.place, self.new)
            return
        items = getattr(self.parent, self.place)
        if self.new is None:
            del items[self.index]
        else:
            items[self.index] = self.new


def mutants(tree: ast.Module) -> list[Mutant]:
    """Every mutant, in the order of the source."""
    found: list[Mutant] = []
    counted: Counter[str] = Counter()
    for where, parent, place, index, old, new in _changes(tree, "", False):
        before = ast.unparse(parent if isinstance(new, _Gone) or new is None else old)
        after = _without(parent, place, index) if new is None else ast.unparse(new)
        name = f"{where}: {_short(before)} -> {_short(after)}"
        counted[name] += 1
        if counted[name] > 1:
            name = f"{name} ({counted[name]})"
        found.append(Mutant(name, parent, place, index, new))
    return found


class _Gone(ast.AST):
    """Stands for nothing; only its type is asked for."""


_Change = tuple[str, ast.AST, str, int | None, ast.AST, ast.AST | None]


def _changes(node: ast.AST, where: str, in_table: bool) -> Iterator[_Change]:
    """Every change below a node. `in_table`: inside a literal, where names are removed and not altered."""
    for place, value in ast.iter_fields(node):
        if place in ("annotation", "returns", "decorator_list", "type_params", "bases", "ctx", "targets"):
            continue
        if isinstance(value, list):
            for index, child in enumerate(value):
                if isinstance(child, ast.AST) and not _silent(node, place, index, child):
                    yield from _of_child(node, place, index, child, where, in_table)
        elif isinstance(value, ast.AST):
            yield from _of_child(node, place, None, value, where, in_table)


def _of_child(
    node: ast.AST, place: str, index: int | None, child: ast.AST, where: str, in_table: bool
) -> Iterator[_Change]:
    inside = where
    if isinstance(child, ast.FunctionDef | ast.ClassDef):
        if any(isinstance(one, ast.Name) and one.id == "overload" for one in child.decorator_list):
            return
        if isinstance(child, ast.ClassDef) and any(ast.unparse(one) == "StrEnum" for one in child.bases):
            return  # names of codes: the tests were collected with them
        inside = f"{where}.{child.name}".lstrip(".")
    elif not where and isinstance(child, ast.Assign | ast.AnnAssign):
        target = child.targets[0] if isinstance(child, ast.Assign) else child.target
        inside = ast.unparse(target)
        if inside == "__all__":
            return
    label = inside or "module"
    if isinstance(node, ast.comprehension) and place == "ifs":
        yield label, node, place, index, child, ast.Constant(True)
    elif isinstance(node, _TESTED) and place == "test":
        for value in (True, False) if not isinstance(node, ast.While) else (False,):
            yield label, node, place, index, child, ast.Constant(value)
    if _removable(node, place, index, child):
        yield label, node, place, index, child, None
    for new in _replacements(node, child, in_table):
        yield label, node, place, index, child, ast.copy_location(new, child) if isinstance(new, ast.expr) else new
    if _is_pattern(node, child):
        return
    literal = isinstance(child, ast.Set | ast.Tuple | ast.List | ast.Dict)
    yield from _changes(child, inside, literal or (in_table and isinstance(child, ast.expr)))


def _silent(node: ast.AST, place: str, index: int, child: ast.AST) -> bool:
    """Words for a reader: docstrings, what a row saw, the parts of f-strings; and imports."""
    if isinstance(child, ast.Import | ast.ImportFrom) or isinstance(node, ast.JoinedStr):
        return True
    if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
        return True
    if isinstance(child, ast.Assign) and ast.unparse(child.targets[0]) == "saw":
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if place == "args" and _SAW.get(node.func.id) == index:
            return True
        if node.func.id == "TypeVar":
            return True
    return isinstance(child, ast.keyword) and child.arg == "saw"


def _removable(node: ast.AST, place: str, index: int | None, child: ast.AST) -> bool:
    """An operand, a name in a table, a keyword, a bound of a slice, a statement that only acts."""
    if isinstance(node, ast.BoolOp) and place == "values":
        return len(node.values) > 2
    if isinstance(node, ast.Set | ast.List) or (isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load)):
        return place == "elts" and len(node.elts) > 1
    if isinstance(node, ast.Call) and place == "args":
        return len(node.args) > 2 and index == len(node.args) - 1 and isinstance(child, ast.Constant)
    if isinstance(node, ast.Call) and place == "keywords":
        return isinstance(child, ast.keyword) and child.arg is not None
    if isinstance(node, ast.Slice):
        return True
    if isinstance(node, ast.FunctionDef | ast.For | ast.If | ast.While) and place in ("body", "orelse"):
        return isinstance(child, ast.Expr | ast.AugAssign) and len(getattr(node, place)) > 1
    return False


def _replacements(parent: ast.AST, node: ast.AST, in_table: bool) -> Iterator[ast.AST]:
    match node:
        case ast.Compare():
            for number, operator in enumerate(node.ops):
                other = copy.copy(node)
                other.ops = [*node.ops[:number], _SWAPPED[type(operator)](), *node.ops[number + 1 :]]
                yield other
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
            if len(node.values) == 2:
                yield from node.values
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.UnaryOp(op=ast.USub()):
            yield node.operand
        case ast.BinOp() if type(node.op) in _OPERATORS:
            yield ast.BinOp(node.left, _OPERATORS[type(node.op)](), node.right)
        case ast.Constant() if not in_table or isinstance(node.value, int):
            yield from _constants(parent, node)
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and not value.value):
            yield ast.Return(ast.Constant(None))
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()
        case ast.Call():
            yield from _calls(node)
        case ast.Dict() if len(node.keys) > 1:
            for number in range(len(node.keys)):
                keys, values = list(node.keys), list(node.values)
                del keys[number], values[number]
                yield ast.Dict(keys, values)


def _constants(parent: ast.AST, node: ast.Constant) -> Iterator[ast.Constant]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
        if value > 0:
            yield ast.Constant(value - 1)
    elif isinstance(value, str):
        if _is_pattern(parent, node):
            yield from (ast.Constant(one) for one in weaker(value))
        else:
            yield ast.Constant(f"{value}XX")


def _is_pattern(parent: ast.AST, node: ast.AST) -> bool:
    return (
        isinstance(parent, ast.Call)
        and isinstance(parent.func, ast.Attribute)
        and ast.unparse(parent.func).startswith("re.")
        and bool(parent.args)
        and parent.args[0] is node
    )


def _calls(node: ast.Call) -> Iterator[ast.expr]:
    if isinstance(node.func, ast.Name) and node.func.id in _OTHER_NAME:
        yield ast.Call(ast.Name(_OTHER_NAME[node.func.id], ast.Load()), node.args, node.keywords)
    if isinstance(node.func, ast.Attribute):
        name = node.func.attr
        if name in _OTHER_METHOD:
            other = ast.Attribute(node.func.value, _OTHER_METHOD[name], ast.Load())
            yield ast.Call(other, node.args, node.keywords)
        if name == "sub":
            yield node.args[-1]
        elif name in _CLEANING:
            yield node.func.value


def _without(parent: ast.AST, place: str, index: int | None) -> str:
    """The parent as source once the item is gone."""
    other = copy.copy(parent)
    if index is None:
        setattr(other, place, None)
    else:
        items = list(getattr(parent, place))
        del items[index]
        setattr(other, place, items)
    if isinstance(parent, ast.stmt):
        return "(without) " + ast.unparse(getattr(parent, place)[index] if index is not None else parent)
    return ast.unparse(other)


def _short(source: str) -> str:
    """One line that still tells two changes apart."""
    return " ".join(source.split())
