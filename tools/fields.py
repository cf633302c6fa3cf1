"""What is wrong with a file or form a merchant filled in, field by field, in both languages; entries of a list count from one."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from tools.text import Text

__all__ = ["wrong_fields"]

_SHOWN = 8
_SAID: dict[str, Text] = {
    "missing": Text("没有填", "is missing"),
    "extra_forbidden": Text("没有这个字段", "there is no such field"),
    "greater_than": Text("要大于 {gt}", "must be above {gt}"),
    "greater_than_equal": Text("不能小于 {ge}", "must not be below {ge}"),
    "less_than_equal": Text("不能大于 {le}", "must not be above {le}"),
    "decimal_max_places": Text("最多 {decimal_places} 位小数", "takes at most {decimal_places} decimals"),
    "literal_error": Text("只能是 {expected} 之一", "must be one of {expected}"),
    "string_too_long": Text("最多 {max_length} 个字", "takes at most {max_length} characters"),
    "string_too_short": Text("不能为空", "must not be empty"),
    "too_long": Text("最多 {max_length} 项", "takes at most {max_length} entries"),
}
_FAMILY: tuple[tuple[str, Text], ...] = (
    ("date", Text("要写日期，例如 2026-11-11", "must be a date such as 2026-11-11")),
    ("bool", Text("要写 true 或 false", "must be true or false")),
    ("decimal", Text("要写数字", "must be a number")),
    ("int", Text("要写整数", "must be a whole number")),
    ("finite", Text("要写数字", "must be a number")),
    ("string", Text("要写文字", "must be text")),
    ("tuple", Text("要写成列表", "must be a list")),
    ("model", Text("要写成“字段: 值”", "must be a set of `field: value`")),
)


def wrong_fields(error: ValidationError) -> Text:
    """The first few wrong fields and what each should be. A validator of ours says it as "English / 中文"."""
    wrong = [_wrong(one) for one in error.errors(include_url=False, include_input=False)[:_SHOWN]]
    return Text("；".join(text.zh for text in wrong), "; ".join(text.en for text in wrong))


def _wrong(error: Any) -> Text:
    where = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in error["loc"]) or "?"
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        en, _, zh = error["msg"].removeprefix("Value error, ").partition(" / ")
        return Text(f"{where}：{zh}", f"{where}: {en}")
    said = _SAID.get(kind) or next((text for start, text in _FAMILY if kind.startswith(start)), None)
    if said is None:
        return Text(f"{where}：格式不对", f"{where}: not in the right form")
    return Text(f"{where}：{said.zh.format_map(context)}", f"{where}: {said.en.format_map(context)}")
