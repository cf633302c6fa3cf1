"""From `stage.raw` (text) to `stage.wide` (typed fields, derived values, and for each row why it is rejected, if it is)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from tools.seeds import load_yaml
from tools.warehouse.ingest.convert import (
    ERROR_CODES,
    LARGEST_AMOUNT,
    convert_sql,
    filled_sql,
    implausible_sql,
    several_days_sql,
    strip_sql,
)
from tools.warehouse.ingest.detecting import Layout
from tools.warehouse.ingest.expressions import condition_sql, expression_sql, literal, quote
from tools.warehouse.ingest.identity import hash_buyers
from tools.warehouse.ingest.refund_reading import Reading, read_refunds
from tools.warehouse.ingest.spec import (
    DATED,
    READ_GROSS,
    READ_REFUND,
    FieldSpec,
    FieldType,
    Format,
    Tree,
    expression_refs,
)
from tools.warehouse.ingest.staging import Staged, column_name
from tools.warehouse.schema import SQL_TYPES, table_spec

__all__ = ["Mapped", "cell_sql", "map_rows", "provided"]

_SQL: dict[FieldType, str] = {
    "id": "VARCHAR",
    "text": "VARCHAR",
    "map": "VARCHAR",
    "province": "VARCHAR",
    "buyer": "VARCHAR",
    "money": SQL_TYPES["money"],
    "number": SQL_TYPES["rate"],
    "int": SQL_TYPES["int"],
    "time": SQL_TYPES["time"],
    "date": SQL_TYPES["date"],
    "day": SQL_TYPES["date"],
    "period": "VARCHAR",
    "snapshot": SQL_TYPES["date"],
    "bool": SQL_TYPES["bool"],
    "duration": SQL_TYPES["rate"],
}


@dataclass(frozen=True)
class Mapped:
    """What mapping learnt of the file beside the rows themselves."""

    reading: Reading | None
    masked: int  # readable rows whose buyer id identifies nobody


def cell_sql(layout: Layout, name: str) -> str:
    """The cleaned text of a field: the first filled of its columns."""
    kind = layout.format.fields[name].type
    cells = [filled_sql(strip_sql(column_name(index), kind), kind) for index in layout.columns[name]]
    return cells[0] if len(cells) == 1 else f"coalesce({', '.join(cells)})"


def map_rows(
    connection: duckdb.DuckDBPyConnection, layout: Layout, staged: Staged, *, zone: str, currency: str, key: bytes
) -> Mapped:
    """Fill `stage.wide`. `currency` is the shop's; rows of an export in another one are rejected."""
    spec = layout.format
    connection.execute(_typed_sql(layout, staged, zone, currency))
    buyer = next((name for name, field in spec.fields.items() if field.type == "buyer"), None)
    masked = 0
    if buyer in layout.columns and buyer is not None:
        found = connection.execute("SELECT count(*) FROM stage.typed WHERE _masked AND _error IS NULL").fetchone()
        masked = found[0] if found is not None else 0
        hash_buyers(connection, source="stage.typed", column=quote(buyer), target="stage.buyers", key=key)
    reading = None
    if spec.refund_reading is not None:
        reading = read_refunds(connection, spec.refund_reading, layout.columns, source="stage.typed")
    connection.execute(_wide_sql(layout, reading, buyer if buyer in layout.columns else None))
    connection.execute("DROP TABLE stage.typed")
    if spec.carry is not None:
        by = quote(spec.carry.by)
        connection.execute(
            f"UPDATE stage.wide SET _error = 'order|{spec.carry.by}' WHERE _error IS NULL AND {by} IN "  # noqa: S608
            f"(SELECT {by} FROM stage.wide WHERE _error IS NOT NULL AND _anchor)"
        )
    return Mapped(reading, masked)


def _typed_sql(layout: Layout, staged: Staged, zone: str, currency: str) -> str:
    """Clean, convert, and name the first thing that is wrong with a row."""
    spec = layout.format
    # Each step is a layer of its own: an expression used twice would be computed twice.
    strips, texts, values, errors = ["_row"], ["_row"], ["*"], []
    masked = "FALSE AS _masked"
    anchor = f"{quote('_t_' + spec.carry.anchor)} IS NOT NULL AS _anchor" if spec.carry else "FALSE AS _anchor"
    for name, field in spec.fields.items():
        text, value = quote("_t_" + name), quote(name)
        if name not in layout.columns:
            values.append(f"{_without_column(layout, field)} AS {value}")
            continue
        cells = {quote(f"_s_{name}_{index}"): index for index in layout.columns[name]}
        strips += [f"{strip_sql(column_name(index), field.type)} AS {cell}" for cell, index in cells.items()]
        texts.append(f"coalesce({', '.join(filled_sql(cell, field.type) for cell in cells)}) AS {text}")
        converted = convert_sql(text, field, zone)
        if field.type == "buyer":
            nobody = f"contains({text}, '*')"
            if field.rotating:
                nobody += f" OR regexp_full_match({text}, {literal(field.rotating)})"
            converted = f"CASE WHEN NOT ({nobody}) THEN {converted} END"
            masked = f"coalesce({nobody}, FALSE) AS _masked"
        values.append(f"{converted} AS {value}")
        errors += _faults(field, value, text, name, damaged=staged.damaged_bytes)
    if spec.currency_field in layout.columns:
        cell = quote(spec.currency_field or "")
        errors.append(
            f"WHEN {cell} IS NOT NULL AND upper({cell}) <> {literal(currency)} THEN 'currency|{spec.currency_field}'"
        )
    errors = _totals(layout) + errors
    error = f"CASE {' '.join(errors)} END" if errors else "CAST(NULL AS VARCHAR)"
    fields = ", ".join(quote(name) for name in spec.fields)
    return (
        f"CREATE OR REPLACE TABLE stage.typed AS SELECT _row, {fields}, _masked, _anchor, {error} AS _error "  # noqa: S608
        f"FROM (SELECT {', '.join(values)}, {masked}, {anchor} "
        f"FROM (SELECT {', '.join(texts)} FROM (SELECT {', '.join(strips)} FROM stage.raw)))"
    )


def _without_column(layout: Layout, field: FieldSpec) -> str:
    """A value no column of the file holds: the days of the report where the file states them elsewhere, else nothing."""
    period, drawn_up = layout.stated.period, layout.stated.drawn_up
    if field.type == "snapshot" and drawn_up is not None:
        return f"DATE '{drawn_up}'"
    if field.type not in DATED or period is None:
        return f"CAST(NULL AS {_SQL[field.type]})"
    return f"DATE '{period.first}'" if field.type == "day" else f"'{period.first}/{period.last}'"


def _totals(layout: Layout) -> list[str]:
    """A line of totals under a report says so where its day, its id or the word it is about should be."""
    spec, kinds = layout.format, {"id", "date", "day", "period", "time"}
    levels = spec.tree.levels if spec.tree else ()
    keys = {
        columns[key]
        for table, target in spec.targets.items()
        for _, columns in target.parts
        for key in table_spec(table).keys
        if isinstance(columns[key], str)
    }
    names = [name for name, field in spec.fields.items() if field.type in kinds or name in keys]
    names = [name for name in names if name in layout.columns and name not in levels]
    return [f"WHEN lower({quote('_t_' + name)}) IN ({_total_words()}) THEN 'total|{name}'" for name in names]


def _total_words() -> str:
    return ", ".join(literal(word) for word in load_yaml("formats", "words.yaml")["totals"])


def _faults(field: FieldSpec, value: str, text: str, name: str, *, damaged: bool) -> list[str]:
    """What can be wrong with one field. The typed value is looked at first, the text only where there is none."""
    found = []
    if field.required:
        found.append(f"WHEN {value} IS NULL AND {text} IS NULL THEN 'missing|{name}'")
    if damaged:
        found.append(f"WHEN contains({text}, chr(65533)) THEN 'bytes|{name}'")
    if field.type == "day":
        found.append(f"WHEN {value} IS NULL AND {several_days_sql(text)} THEN 'span|{name}'")
    if code := ERROR_CODES.get(field.type):
        found.append(f"WHEN {value} IS NULL AND {text} IS NOT NULL THEN '{code}|{name}'")
        if implausible := implausible_sql(value, field.type):
            found.append(f"WHEN {implausible} THEN '{code}|{name}'")
    return found


def _wide_sql(layout: Layout, reading: Reading | None, buyer: str | None) -> str:
    """Put the buyer's key in place of the buyer, repeat carried columns, derive values, apply the format's own rules."""
    spec = layout.format
    source = "stage.typed t"
    levels = spec.tree.levels if spec.tree else ()
    columns = [f"t.{quote(name)}" for name in spec.fields if name != buyer and name not in levels]
    columns += [
        f"CASE WHEN lower(t.{quote(name)}) NOT IN ({_total_words()}) THEN t.{quote(name)} END AS {quote(name)}"
        for name in levels
    ]
    if buyer is not None:
        source += f" LEFT JOIN stage.buyers b ON t.{quote(buyer)} = b.buyer"
        columns.append(f"b.buyer_key AS {quote(buyer)}")
    inner = f"SELECT t._row, t._anchor, t._error, {', '.join(columns)} FROM {source}"  # noqa: S608
    if spec.carry is not None:
        by = quote(spec.carry.by)
        carried = ", ".join(
            f"arg_min({quote(name)}, _row) OVER (PARTITION BY {by}) AS {quote(name)}" for name in spec.carry.fields
        )
        inner = f"SELECT * REPLACE ({carried}) FROM ({inner})"  # noqa: S608
    lets = []
    if reading is not None:
        lets += [f"{reading.gross} AS {READ_GROSS}", f"{reading.refund} AS {READ_REFUND}"]
    lets += [f"{expression_sql(expression)} AS {quote(name)}" for name, expression in spec.let.items()]
    derived = f"SELECT *{''.join(', ' + item for item in lets)} FROM ({inner})"  # noqa: S608
    error = f"CASE WHEN _error IS NOT NULL THEN _error {_rules(spec)} END"
    return f"CREATE OR REPLACE TABLE stage.wide AS SELECT * REPLACE ({error} AS _error) FROM ({derived})"  # noqa: S608


def _rules(spec: Format) -> str:
    """The format's own rejects, then what no table can take: no key, no table at all, an amount out of all bounds."""
    cases = [f"WHEN {condition_sql(rule.when)} THEN 'rule|{number}'" for number, rule in enumerate(spec.reject)]
    cases += _inner_nodes(spec.tree) if spec.tree else []
    kept = "_error IS NULL"
    for number, one in enumerate(spec.keep_one):
        field, words = quote(one.field), ", ".join(literal(word) for word in one.prefer)
        rank = f"coalesce(list_position([{words}], {field}), {len(one.prefer) + 1})" if words else "0"
        chosen = f"(SELECT arg_min({field}, ({rank}, {field})) FROM stage.typed WHERE {kept})"  # noqa: S608
        kept += f" AND {field} IS NOT DISTINCT FROM {chosen}"  # each choice among the rows of those before it
        cases.append(f"WHEN {field} IS DISTINCT FROM {chosen} THEN 'other|{number}'")
    whens = []
    parts = ((table, *part) for table, target in spec.targets.items() for part in target.parts)
    for table, when, columns in parts:
        feeds = condition_sql(when) if when is not None else "TRUE"
        whens.append(feeds)
        for column in table_spec(table).columns:
            expression = columns.get(column.name)
            if expression is None or "line_no" in expression_refs(expression):
                continue
            value = expression_sql(expression)
            if column.key:
                cases.append(f"WHEN {feeds} AND {value} IS NULL THEN 'no_key|{column.name}'")
            if column.type == "money" and not isinstance(expression, str):
                cases.append(f"WHEN {feeds} AND abs({value}) > {LARGEST_AMOUNT} THEN 'range|{column.name}'")
    cases.append(f"WHEN NOT ({' OR '.join(whens)}) THEN 'nothing|'")
    return " ".join(cases)


def _inner_nodes(tree: Tree) -> list[str]:
    """A row that sums up deeper rows of the file is left out, so that nothing is counted at two depths."""
    cases = [f"WHEN {quote(tree.levels[0])} IS NULL THEN 'total|{tree.levels[0]}'"]
    for depth, level in enumerate(tree.levels[1:], 1):
        above = ", ".join(quote(name) for name in (*tree.per, *tree.levels[:depth]))
        deeper = f"bool_or({quote(level)} IS NOT NULL AND _error IS NULL) OVER (PARTITION BY {above})"
        cases.append(f"WHEN {quote(level)} IS NULL AND {deeper} THEN 'total|{level}'")
    return cases


def provided(spec: Format, present: Iterable[str], table: str) -> list[str]:
    """The columns of a target that this file can speak of: an older, narrower export must not erase what it lacks."""
    known = set(present)
    if spec.refund_reading is not None:
        known |= {READ_GROSS, READ_REFUND}
    for name, expression in spec.let.items():
        refs = expression_refs(expression)
        if not refs or refs & known:
            known.add(name)
    target = spec.targets[table]
    keys = table_spec(table).keys
    speaking = (n for _, filled in target.parts for n, e in filled.items() if n not in keys and _speaks(e, known))
    return [*dict.fromkeys(speaking), *target.from_lines]


def _speaks(expression: object, known: set[str]) -> bool:
    refs = expression_refs(expression)
    return not refs or bool(refs & known)
