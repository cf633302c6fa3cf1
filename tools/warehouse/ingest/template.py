"""The generic template of each canonical table as a format: English column names or the Chinese headers of the schema."""

from __future__ import annotations

from typing import Any

from tools.facts import Claim
from tools.seeds import load_yaml
from tools.text import Text
from tools.warehouse.ingest.spec import FieldSpec, FieldType, Format, Target
from tools.warehouse.schema import Column, TableSpec, tables

__all__ = ["GUIDE_TITLE", "MAY_BE_EMPTY", "TEMPLATE_PREFIX", "template_formats"]

TEMPLATE_PREFIX = "template_"
GUIDE_TITLE = Text("数据模板说明", "Guide to this template")  # the first cell of the workbook's guide, which is no data
_TYPES: dict[str, FieldType] = {
    "text": "text",
    "int": "int",
    "money": "money",
    "rate": "number",
    "date": "date",
    "time": "time",
    "bool": "bool",
}
_DAY_NAMES = ("统计日期", "日期", "date")
# Part of the key, and nothing there is an answer too.
MAY_BE_EMPTY = {("traffic_daily", "detail"), ("market_daily", "category")}
_DAY_OF = {("live_sessions", "day"): "started_at", ("live_shifts", "day"): "starts_at"}
# What makes a table worth reading, where one column beside the key is too little to tell.
_DETECT: dict[str, tuple[tuple[str, ...], ...]] = {
    "orders": (("order_id", "gross_amount", "paid_at"), ("order_id", "gross_amount", "paid_date")),
    "order_lines": (("line_id", "order_id", "amount"),),
    "refunds": (("refund_id", "amount"),),
    "live_orders": (("line_id", "session_id", "amount"),),
}


def template_formats() -> list[Format]:
    """One format per table, in the order of the schema."""
    return [_template(spec) for spec in tables().values()]


def _template(spec: TableSpec) -> Format:
    fields = {column.name: _field(spec, column) for column in spec.columns}
    others = [column.name for column in spec.columns if not column.key]
    keys = tuple(key for key in spec.keys if (spec.name, key) not in MAY_BE_EMPTY)
    return Format(
        id=TEMPLATE_PREFIX + spec.name,
        label=Claim(zh=f"通用模板：{spec.zh}", en=f"Generic template: {spec.name}"),
        platform="generic",
        download=Claim(
            zh=f"自己整理：首行写表头（中文或英文列名均可），关键列为{'、'.join(spec.column(k).zh for k in spec.keys)}",
            en=f"Your own table: a header line in Chinese or English; key columns {', '.join(spec.keys)}",
        ),
        detect=_DETECT.get(spec.name) or tuple((*keys, name) for name in others),
        fields=fields,
        targets={spec.name: Target(columns={c.name: _expression(spec, c) for c in spec.columns})},
    )


def _field(spec: TableSpec, column: Column) -> FieldSpec:
    names = [column.name, column.zh]
    if column.name == "day":
        names += [name for name in _DAY_NAMES if name not in names]
    derived = (spec.name, column.name) in _DAY_OF or _sibling(spec, column) is not None
    required = column.key and (spec.name, column.name) not in MAY_BE_EMPTY and not derived
    if column.name == "buyer_key":
        return FieldSpec(type="buyer", names=(*names, "buyer", "买家"), required=required)
    if (spec.name, column.name) == ("orders", "status"):
        return FieldSpec(type="map", names=tuple(names), values=load_yaml("formats", "words.yaml")["order_status"])
    kind = _TYPES[column.type]
    if kind == "text" and (column.name.endswith("_id") or column.name == "sku"):
        kind = "id"
    return FieldSpec(type=kind, names=tuple(names), required=required)


def _sibling(spec: TableSpec, column: Column) -> str | None:
    """`paid_at` for `paid_date`: either may be given."""
    time = column.name.removesuffix("_date") + "_at"
    return time if column.type == "date" and any(other.name == time for other in spec.columns) else None


def _expression(spec: TableSpec, column: Column) -> Any:
    name = column.name
    if (spec.name, name) in MAY_BE_EMPTY:
        return {"first": [name, {"const": ""}]}
    time = _DAY_OF.get((spec.name, name)) or _sibling(spec, column)
    if time is not None:
        return {"first": [name, {"date": time}]}
    if spec.name == "orders":
        paid = {"any": [{"filled": "paid_at"}, {"filled": "paid_date"}]}
        if name == "gross_amount":
            return {"if": paid, "then": name, "else": {"const": 0}}
        if name == "status":
            return {"first": [name, {"if": paid, "then": {"const": "paid"}, "else": {"const": "created"}}]}
    if column.type == "bool":
        return {"first": [name, {"const": False}]}
    return name
