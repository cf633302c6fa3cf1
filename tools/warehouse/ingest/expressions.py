"""The vocabulary of format files as SQL. Every literal and every name is quoted here and nowhere else."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise
from typing import Any

from tools.seeds import load_yaml
from tools.warehouse.ingest.period import first_day_sql, last_day_sql

__all__ = ["condition_sql", "expression_sql", "literal", "quote"]

_FOLD = {"sum": "+", "minus": "-", "times": "*"}


def quote(name: str) -> str:
    """A column name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | int | bool) -> str:
    """A constant for SQL."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    return "'" + value.replace("'", "''").replace("\x00", "") + "'"


def expression_sql(expression: Any) -> str:
    """SQL of an expression that `spec.expression_refs` accepted."""
    if isinstance(expression, str):
        return quote(expression)
    if "if" in expression:
        other = expression_sql(expression["else"]) if "else" in expression else "NULL"
        return f"CASE WHEN {condition_sql(expression['if'])} THEN {expression_sql(expression['then'])} ELSE {other} END"
    (op, argument), *_ = expression.items()
    if op == "const":
        return literal(argument)
    if op == "date":
        return f"CAST({expression_sql(argument)} AS DATE)"
    if op in {"first_day", "last_day"}:
        return (first_day_sql if op == "first_day" else last_day_sql)(expression_sql(argument))
    if op in {"abs", "negate"}:
        return f"{'abs' if op == 'abs' else '-'}({expression_sql(argument)})"
    if op == "service":
        return condition_sql({"service": argument})
    if op == "is_true":
        return condition_sql(argument)
    if op == "after":  # what follows a prefix; nothing where the text begins otherwise
        name, prefix = argument
        return (
            f"CASE WHEN starts_with({quote(name)}, {literal(prefix)}) THEN substr({quote(name)}, {len(prefix) + 1}) END"
        )
    parts = [expression_sql(item) for item in argument]
    if op == "first":
        return f"coalesce({', '.join(parts)})"
    if op in {"least", "greatest"}:
        return f"{op}({', '.join(parts)})"
    if op == "join":
        return " || '-' || ".join(f"coalesce(CAST({part} AS VARCHAR), '')" for part in parts)
    if op == "path":  # from the root down without gaps and repeated names; nothing where every part is empty
        names = [parts[0], *(f"nullif({part}, {before})" for before, part in pairwise(parts))]
        return f"nullif(concat_ws('-', {', '.join(names)}), '')"
    if op == "sum":
        parts = [f"coalesce({part}, 0)" for part in parts]
    if op == "minus":  # nothing to take away is not an unknown result
        parts = [parts[0], *(f"coalesce({part}, 0)" for part in parts[1:])]
    if op == "divide":
        return f"({parts[0]} / nullif({parts[1]}, 0))"
    return "(" + f" {_FOLD[op]} ".join(parts) + ")"


def condition_sql(condition: dict[str, Any]) -> str:
    """SQL of a condition that `spec.condition_refs` accepted; never NULL, unknown counts as false."""
    (op, argument), *_ = condition.items()
    if op == "empty":
        return f"({quote(argument)} IS NULL)"
    if op == "filled":
        return f"({quote(argument)} IS NOT NULL)"
    if op == "not":
        return f"(NOT {condition_sql(argument)})"
    if op in {"all", "any"}:
        return "(" + (" AND " if op == "all" else " OR ").join(condition_sql(item) for item in argument) + ")"
    if op == "service":
        words = load_yaml("formats", "words.yaml")["service"]
        return f"({_starts(argument, words['starts'])} OR {_has(argument, words['has'])})"
    name, value = argument
    if op == "in":
        return f"coalesce({quote(name)} IN ({', '.join(literal(item) for item in value)}), FALSE)"
    if op == "starts":
        return _starts(name, value)
    if op == "has":
        return _has(name, value)
    return f"coalesce({quote(name)} {'<' if op == 'below' else '>'} {int(value)}, FALSE)"


def _starts(name: str, words: Collection[str]) -> str:
    tests = [f"starts_with({quote(name)}, {literal(str(word))})" for word in words]
    return f"coalesce({' OR '.join(tests)}, FALSE)"


def _has(name: str, words: Collection[str]) -> str:
    tests = [f"contains(lower({quote(name)}), {literal(str(word).lower())})" for word in words]
    return f"coalesce({' OR '.join(tests)}, FALSE)"
