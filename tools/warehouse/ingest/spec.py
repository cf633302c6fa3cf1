"""What a format file may say: headers, typed fields, a small closed vocabulary of expressions, and target tables.

A merchant's own mapping file is the same model, so nothing in it can reach SQL except by way of this vocabulary.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tools.facts import Claim
from tools.warehouse.schema import tables

__all__ = [
    "DATED",
    "Carry",
    "FieldSpec",
    "FieldType",
    "Format",
    "FromLines",
    "KeepOne",
    "Part",
    "RefundReading",
    "RejectRule",
    "Target",
    "Tree",
    "condition_refs",
    "expression_refs",
]

FieldType = Literal[
    "id",
    "text",
    "money",
    "number",
    "int",
    "time",
    "date",
    "bool",
    "map",
    "province",
    "buyer",
    "duration",
    "day",
    "period",
    "snapshot",
]
# `day`: the one day a row speaks of; a span of days rejects the row. `period`: a day or a span, for `first_day` and `last_day`.
# Without a column of their own both come from a title row or the file's name.
# `snapshot`: the day a list of stock or costs was drawn up; its only other source is a single date in the file's name, and it may be missing.
DATED: frozenset[FieldType] = frozenset({"day", "period"})
Expression = Any  # str (a field or a let) or a one-key mapping of the vocabulary; checked by `expression_refs`
Condition = dict[str, Any]

READ_GROSS, READ_REFUND = "read_gross", "read_refund"
_LIST_OPS = frozenset({"first", "sum", "times", "least", "greatest", "minus", "divide", "join", "path"})
_UNARY_OPS = frozenset({"date", "abs", "negate", "first_day", "last_day"})
_FIELD_LIST = frozenset({"in", "starts", "has"})
_FIELD_NUMBER = frozenset({"below", "above"})


class _Spec(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldSpec(_Spec):
    """One value of a row: the headers it may stand under (best first) and how its text is read.

    Several of the headers in one file are read in that order and the first filled cell counts.
    """

    type: FieldType
    names: tuple[str, ...] = Field(min_length=1)
    required: bool = False  # an empty cell rejects the row
    values: dict[str, str] = Field(default_factory=dict)  # map: the export's word -> ours
    default: str | None = None  # map: what an unknown word means; without it the row is rejected
    day_first: bool | None = None  # dates such as 3/4/2024: true d/m/y, false m/d/y, none = such a date is rejected
    rotating: str | None = None  # buyer: a pattern of ids that change with every order and so identify nobody

    @model_validator(mode="after")
    def _map_has_values(self) -> FieldSpec:
        if (self.type == "map") != bool(self.values):
            raise ValueError("`values` belongs to a field of type map, and such a field needs it")
        return self


class Carry(_Spec):
    """Exports that fill the order's columns on its first line only: repeat `fields` on every row of the same `by`."""

    by: str
    anchor: str  # filled on the first line; when that line is rejected, so is the rest of the order
    fields: tuple[str, ...]


class RefundReading(_Spec):
    """Which fields decide, per file, whether the paid amount is before or after refunds (see `refund_reading.py`)."""

    total: str
    paid: str
    refund: str
    paid_when: Condition
    closed: Condition  # together with a paid amount of 0: refunded in full, where the export has no refund column
    refund_when: Condition | None = None  # a refund still asked for or turned down is none


class RejectRule(_Spec):
    """Rows of the file that are no sale, with the reason a merchant reads."""

    when: Condition
    reason: Claim
    expected: bool = False  # left out on purpose (totals, another window of the same sales): no fault of the file


class KeepOne(_Spec):
    """The same sales told several ways (attribution windows): a file's rows of one way are read, the others left out.

    The first word of `prefer` that occurs in the file; without one, the first in order.
    """

    field: str
    prefer: tuple[str, ...] = ()
    reason: Claim


class Tree(_Spec):
    """A report that tells sums beside their parts: `levels` from the root down, each sum known by a level left empty or
    named 汇总. Per `per` (the day) a sum is read only where the file has none of its parts.
    """

    levels: tuple[str, ...] = Field(min_length=2)
    per: tuple[str, ...] = ()


class FromLines(_Spec):
    """A column of an order computed from all its lines in the warehouse, so that a split file gives the same order."""

    sum: str | None = None
    every: str | None = None

    @model_validator(mode="after")
    def _one(self) -> FromLines:
        if (self.sum is None) == (self.every is None):
            raise ValueError("give either sum or every")
        return self


class Part(_Spec):
    """One of several rows of a table that a single row of the file makes: columns beside those all of them share."""

    when: Condition
    columns: dict[str, Expression]


class Target(_Spec):
    """How rows become one canonical table."""

    when: Condition | None = None
    one_per: str | None = None  # several rows of the file make one row of the table; the first filled cell counts
    first_by: str | None = None  # with `one_per`: rows with the smallest value of this come first
    numbered_by: tuple[str, ...] = ()  # offers `line_no`: which of several rows that agree in these fields this is
    columns: dict[str, Expression]
    each: tuple[Part, ...] = ()  # every row of the file makes one row of the table for each part that applies
    from_lines: dict[str, FromLines] = Field(default_factory=dict)

    @property
    def parts(self) -> tuple[tuple[Condition | None, dict[str, Expression]], ...]:
        """When a row of the table is made of a row of the file, and its columns; one part unless `each` says more."""
        if not self.each:
            return ((self.when, self.columns),)
        shared = () if self.when is None else (self.when,)
        return tuple(({"all": [*shared, part.when]}, self.columns | part.columns) for part in self.each)

    @property
    def filled(self) -> tuple[str, ...]:
        """The columns that rows of the file fill, sums over lines aside."""
        return tuple(dict.fromkeys(name for _, columns in self.parts for name in columns))


class Format(_Spec):
    """One kind of export. `detect` lists alternatives of fields that must all be present."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: Claim
    platform: str = "other"
    download: Claim
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    currency_field: str | None = None
    timezone: str | None = None
    timezone_candidates: tuple[str, ...] = ()  # for exports with UTC offsets: the zone that explains all of them
    detect: tuple[tuple[str, ...], ...] = Field(min_length=1)
    with_any: tuple[str, ...] = ()  # headers of which one at least must be there
    not_with: tuple[str, ...] = ()  # headers that mean it is another export
    fields: dict[str, FieldSpec]
    private: tuple[str, ...] = ()  # headers with personal data: never read
    recomputed: tuple[
        str, ...
    ] = ()  # headers (* allowed) of ratios, means, cumulative columns: never read, computed from what is
    ignored: tuple[str, ...] = ()  # headers (* allowed) that are known and wanted nowhere: twins, comparisons, labels
    refuse: Claim | None = None  # a known export that cannot be read, with what to download in its place
    carry: Carry | None = None
    refund_reading: RefundReading | None = None
    tax_inside: str | None = None  # the field of the tax that paid amounts include; such a format derives `paid_time`
    let: dict[str, Expression] = Field(default_factory=dict)
    reject: tuple[RejectRule, ...] = ()
    keep_one: tuple[KeepOne, ...] = ()
    tree: Tree | None = None
    targets: dict[str, Target]
    overlaps: tuple[str, ...] = ()  # formats that tell the same money or sessions another way: days in both count twice
    notes: tuple[Claim, ...] = ()

    @field_validator("fields")
    @classmethod
    def _plain_names(cls, fields: dict[str, FieldSpec]) -> dict[str, FieldSpec]:
        for name in fields:
            if not name.isidentifier() or name.startswith("_") or not name.isascii():
                raise ValueError(f"field name {name!r} must be a plain word")
        if sum(field.type == "buyer" for field in fields.values()) > 1:
            raise ValueError("one field at most is the buyer")
        return fields

    @model_validator(mode="after")
    def _references_exist(self) -> Format:
        known = set(self.fields)
        for group in self.detect:
            _known(group, known, "detect")
        if self.carry:
            _known((self.carry.by, self.carry.anchor, *self.carry.fields), known, "carry")
        if self.tax_inside:
            _known((self.tax_inside,), known, "tax_inside")
            _known(("paid_time",), set(self.let), "tax_inside")
        if self.refund_reading:
            reading = self.refund_reading
            used = {reading.total, reading.paid, reading.refund}
            for condition in (reading.paid_when, reading.closed, reading.refund_when):
                used |= condition_refs(condition) if condition else set()
            _known(used, known, "refund_reading")
            known |= {READ_GROSS, READ_REFUND}
        for name, expression in self.let.items():
            if name in known or not name.isidentifier() or name.startswith("_"):
                raise ValueError(f"let {name!r} is taken or not a plain word")
            _known(expression_refs(expression), known, f"let {name}")
            known.add(name)
        for rule in self.reject:
            _known(condition_refs(rule.when), known, "reject")
        _known({rule.field for rule in self.keep_one}, set(self.fields), "keep_one")
        if self.tree:
            _known((*self.tree.levels, *self.tree.per), set(self.fields), "tree")
        if bool(self.targets) == (self.refuse is not None):
            raise ValueError("a format fills tables, or says why it is refused")
        for table, target in self.targets.items():
            _check_target(table, target, known, lines="order_lines" in self.targets)
        return self


def _known(used: Any, known: set[str], where: str) -> None:
    if unknown := sorted(set(used) - known):
        raise ValueError(f"{where} uses {', '.join(unknown)}, which this format does not define")


def _check_target(table: str, target: Target, known: set[str], *, lines: bool) -> None:
    if table not in tables():
        raise ValueError(f"there is no canonical table {table!r}")
    spec = tables()[table]
    names = {column.name for column in spec.columns}
    if unknown := sorted((set(target.filled) | set(target.from_lines)) - names):
        raise ValueError(f"{table} has no column {', '.join(unknown)}")
    if missing := sorted({key for key in spec.keys for _, columns in target.parts if key not in columns}):
        raise ValueError(f"{table} needs its key column {', '.join(missing)}")
    if target.first_by and not target.one_per:
        raise ValueError("first_by goes with one_per")
    if target.each and (target.one_per or target.numbered_by or target.from_lines):
        raise ValueError("each goes with none of one_per, numbered_by and from_lines")
    if target.from_lines and (table != "orders" or not lines):
        raise ValueError("from_lines is for orders of a format that also fills order_lines")
    inner = known | ({"line_no"} if target.numbered_by else set())
    _known(target.numbered_by, known, f"{table}.numbered_by")
    _known({name for name in (target.one_per, target.first_by) if name}, known, f"{table}.one_per")
    for when, columns in target.parts:
        _known(condition_refs(when) if when else (), known, f"{table}.when")
        for column, expression in columns.items():
            _known(expression_refs(expression), inner, f"{table}.{column}")


def expression_refs(expression: Expression) -> set[str]:
    """The names an expression reads. Raises ValueError for anything outside the vocabulary."""
    if isinstance(expression, str):
        return {expression}
    if not isinstance(expression, dict) or not expression:
        raise ValueError(f"not an expression: {expression!r}")
    if "if" in expression:
        if set(expression) - {"if", "then", "else"} or "then" not in expression:
            raise ValueError("an if has `if`, `then` and perhaps `else`")
        other = expression_refs(expression["else"]) if "else" in expression else set()
        return condition_refs(expression["if"]) | expression_refs(expression["then"]) | other
    if len(expression) != 1:
        raise ValueError(f"one operation at a time: {expression!r}")
    (op, argument), *_ = expression.items()
    if op == "const":
        if not isinstance(argument, (str, int, bool)):
            raise ValueError("const takes text, a whole number or true/false")
        return set()
    if op in _UNARY_OPS:
        return expression_refs(argument)
    if op == "service":
        return {_name(argument)}
    if op == "is_true":
        return condition_refs(argument)
    if op == "after" and isinstance(argument, list) and len(argument) == 2 and _words(argument[1:]):
        return {_name(argument[0])}
    if op in _LIST_OPS and isinstance(argument, list) and argument:
        return set().union(*(expression_refs(item) for item in argument))
    raise ValueError(f"unknown operation {op!r}")


def condition_refs(condition: Condition) -> set[str]:
    """The names a condition reads. Raises ValueError for anything outside the vocabulary."""
    if not isinstance(condition, dict) or len(condition) != 1:
        raise ValueError(f"a condition has one key: {condition!r}")
    (op, argument), *_ = condition.items()
    if op in {"empty", "filled", "service"}:
        return {_name(argument)}
    if op == "not":
        return condition_refs(argument)
    if op in {"all", "any"} and isinstance(argument, list) and argument:
        return set().union(*(condition_refs(item) for item in argument))
    if op in _FIELD_LIST and isinstance(argument, list) and len(argument) == 2 and _words(argument[1]):
        return {_name(argument[0])}
    if op in _FIELD_NUMBER and isinstance(argument, list) and len(argument) == 2 and isinstance(argument[1], int):
        return {_name(argument[0])}
    raise ValueError(f"unknown condition {op!r}")


def _words(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(word, str) and word for word in value)


def _name(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected a field name, got {value!r}")
    return value
