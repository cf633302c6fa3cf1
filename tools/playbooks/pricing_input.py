"""Reading a merchant's offers: every wrong field is named in both languages, and what would take too long is refused."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from tools.errors import BadArguments
from tools.playbooks.pricing import Offers, choices
from tools.text import Text

__all__ = ["parse_offers"]

_MOST_TRIES = 60_000  # baskets × choices × rooms × audiences: about two seconds
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


def parse_offers(raw: object) -> Offers:
    """Validate plain data. Raises BadArguments naming every wrong field, in both languages."""
    if not isinstance(raw, dict):
        raise BadArguments(Text("到手价需要一组“字段: 值”。", "A price needs a set of `field: value` lines."))
    try:
        found = Offers.model_validate(raw)
    except ValidationError as error:
        wrong = [_wrong(one) for one in error.errors(include_url=False, include_input=False)[:_SHOWN]]
        zh, en = "；".join(text.zh for text in wrong), "; ".join(text.en for text in wrong)
        raise BadArguments(Text(f"到手价里有字段不对：{zh}。", f"Some fields of the price are wrong: {en}.")) from error
    if _tries(found) > _MOST_TRIES:
        raise BadArguments(
            Text(
                "优惠、渠道和人群的叠加组合太多，算不完；请只留同一时间有效的优惠，或减少 most_pieces 和 rooms。",
                "Too many combinations of offers, rooms and audiences to try; keep the offers valid together, or lower most_pieces and rooms.",
            )
        )
    return found


def _tries(item: Offers) -> int:
    rooms = {None, *item.rooms, *(o.room for o in item.offers), *(p.room for p in item.promises)}
    audiences = {offer.audience for offer in item.offers if offer.audience}
    return choices(item.offers) * item.most_pieces * len(rooms) * (len(audiences) + 2)


def _wrong(error: Any) -> Text:
    where = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in error["loc"]) or "price"
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        en, _, zh = error["msg"].removeprefix("Value error, ").partition(" / ")
        return Text(f"{where}：{zh}", f"{where}: {en}")
    said = _SAID.get(kind) or next((text for start, text in _FAMILY if kind.startswith(start)), None)
    if said is None:
        return Text(f"{where}：格式不对", f"{where}: not in the right form")
    return Text(f"{where}：{said.zh.format_map(context)}", f"{where}: {said.en.format_map(context)}")
