"""A closed arithmetic language for data files: names, numbers, + - * /, comparisons and a few functions. Nothing is executed."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import cache

__all__ = ["FUNCTIONS", "Expression", "ExpressionError", "parse"]


class ExpressionError(ValueError):
    """A formula in a data file is not of the language, or divides by zero. Raised at load or at evaluation."""


def _floor_to(value: Decimal, step: Decimal) -> Decimal:
    return (value / step).to_integral_value(ROUND_FLOOR) * step


def _ceil_to(value: Decimal, step: Decimal) -> Decimal:
    return (value / step).to_integral_value(ROUND_CEILING) * step


FUNCTIONS: dict[str, tuple[int, Callable[..., Decimal]]] = {
    "min": (2, min),
    "max": (2, max),
    "floor_to": (2, _floor_to),
    "ceil_to": (2, _ceil_to),
    "gap": (2, lambda best, now: max(Decimal(0), best - now)),  # how far `now` is below `best`, never negative
}
_BINARY: dict[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}


class Expression:
    """A parsed formula. `names` are what it needs; `value` returns None when one of them is unknown."""

    def __init__(self, text: str, tree: ast.expr) -> None:
        self.text = text
        self._tree = tree
        # Function names were checked at parsing, so every other name is a figure or a parameter.
        self.names = frozenset(
            node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id not in FUNCTIONS
        )

    def value(self, known: Mapping[str, Decimal | None]) -> Decimal | None:
        """Exact decimal arithmetic. Unknown input or a zero divisor gives None: not known is never zero."""
        values = {name: known.get(name) for name in self.names}
        if any(value is None for value in values.values()):
            return None
        try:
            return _evaluate(self._tree, {name: value for name, value in values.items() if value is not None})
        except ArithmeticError:
            return None


@cache
def parse(text: str) -> Expression:
    """Read one formula. Raises ExpressionError for anything outside the language."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(f"not a formula: {text!r}") from error
    _check(tree, text)
    return Expression(text, tree)


def _check(node: ast.expr, text: str) -> None:
    match node:
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            _check(left, text)
            _check(right, text)
        case ast.Name():
            if node.id in FUNCTIONS:
                raise ExpressionError(f"function {node.id} without arguments in {text!r}")
        case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
            pass
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            if len(args) != FUNCTIONS[name][0]:
                raise ExpressionError(f"{name} takes {FUNCTIONS[name][0]} arguments in {text!r}")
            for argument in args:
                _check(argument, text)
        case _:
            raise ExpressionError(f"not allowed in a formula: {ast.unparse(node)!r} in {text!r}")


def _evaluate(node: ast.expr, known: Mapping[str, Decimal]) -> Decimal:
    match node:
        case ast.Constant():
            return Decimal(str(node.value))
        case ast.Name():
            return known[node.id]
        case ast.BinOp():
            return _BINARY[type(node.op)](_evaluate(node.left, known), _evaluate(node.right, known))
        case ast.Call(func=ast.Name(id=name)):
            return FUNCTIONS[name][1](*(_evaluate(argument, known) for argument in node.args))
        case _:
            raise ExpressionError(f"unchecked formula {ast.unparse(node)!r}")
