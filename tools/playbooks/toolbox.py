"""The private-domain tools a shop may use (`seeds/toolbox.yaml`): for whom, which lever, how to measure, from what source."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tools.errors import BadArguments
from tools.seeds import load_yaml
from tools.text import Text

__all__ = ["AUDIENCES", "LEVERS", "PrivateDomainTool", "audiences_in", "groups_in", "lever_named", "toolbox"]

AUDIENCES: dict[str, tuple[Text, tuple[str, ...]]] = {
    "lapsed": (Text("沉睡", "lapsed"), ("流失", "沉默", "唤醒", "召回", "不来了", "没来", "inactive", "dormant", "win back", "winback", "win-back", "lost customer", "lost buyer", "silent")),
    "member": (Text("会员", "members"), ("member",)),
    "new": (Text("新客", "new buyers"), ("拉新", "首购", "新人", "new")),
    "returning": (Text("老客", "returning buyers"), ("复购", "老买家", "returning", "repeat")),
    "fan": (Text("粉丝", "fans"), ("关注", "淘宝群", "粉丝群", "fan", "follower")),
    "high_value": (Text("高价值", "high value"), ("高客单", "客单价高", "high 客单价", "客单高", "高消费", "高净值", "大客户", "花得多", "vip", "high aov", "high spend", "high order value", "high basket", "high-value", "big spender", "best customer")),
}  # fmt: skip
LEVERS: dict[str, Text] = {
    "join": Text("入会", "joining"),
    "activate": Text("激活", "activation"),
    "repurchase": Text("复购", "repurchase"),
    "order_value": Text("客单价", "order value"),
    "recall": Text("召回", "recall"),
    "prepay": Text("预存", "prepayment"),
    "content": Text("内容", "content"),
    "paid": Text("付费", "paid"),
    "service": Text("服务", "service"),
}


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    zh: str
    en: str

    @property
    def text(self) -> Text:
        return Text(self.zh, self.en)


class PrivateDomainTool(BaseModel):
    """One tool. `source` cites ids of the domain notes; `confidence` as there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    name: _Words
    purpose: _Words
    audience: tuple[Literal["new", "returning", "lapsed", "member", "fan", "high_value", "all"], ...]
    lever: tuple[
        Literal["join", "activate", "repurchase", "order_value", "recall", "prepay", "content", "paid", "service"], ...
    ]
    where: _Words
    measure: _Words
    prerequisites: _Words
    cost: _Words
    platform: Literal["tmall"]
    source: str
    confidence: Literal["high", "medium", "low"]


@cache
def _all() -> tuple[PrivateDomainTool, ...]:
    return tuple(PrivateDomainTool.model_validate(row) for row in load_yaml("toolbox.yaml")["tools"])


def toolbox(*, audience: str | None = None, lever: str | None = None) -> list[PrivateDomainTool]:
    """Tools for an audience (words may name several: “沉睡会员”) and a lever, the best covered first.

    A tool that fits all named groups comes before one that fits one of them; of two that fit as many, the one for the group
    that says more (lapsed before member); a tool for everybody last. Raises BadArguments for words that name no group or lever.
    """
    groups = audiences_in(audience) if audience else []
    wanted = lever_named(lever) if lever else None
    found: list[tuple[tuple[int | bool, ...], PrivateDomainTool]] = []
    for order, tool in enumerate(_all()):
        fits = sum(1 for group in groups if group in tool.audience)
        if groups and not fits and "all" not in tool.audience:
            continue
        if wanted is not None and wanted not in tool.lever:
            continue
        found.append(((-fits, *(group not in tool.audience for group in groups), order), tool))
    return [tool for _, tool in sorted(found, key=lambda item: item[0])]


def audiences_in(words: str) -> list[str]:
    """Groups named in free words, in the order of the table. Raises BadArguments when none is."""
    found = groups_in(words)
    if not found:
        raise BadArguments.unknown(Text("人群", "audience"), words[:64], list(AUDIENCES))
    return found


def groups_in(words: str) -> list[str]:
    """Like `audiences_in`, and empty when none is named. A Latin word must begin a word: "new" is not in "renew"."""
    given = words.strip().lower()
    return [
        group
        for group, (label, aliases) in AUDIENCES.items()
        if any(_says(given, word.lower()) for word in (group, label.zh, label.en, *aliases))
    ]


def _says(given: str, word: str) -> bool:
    if not word[0].isascii() or word not in given:
        return word in given
    return re.search(rf"(?<![a-z]){re.escape(word)}", given) is not None


def lever_named(word: str) -> str:
    given = word.strip().lower()
    for lever, label in LEVERS.items():
        if given in {lever, label.zh.lower(), label.en.lower()}:
            return lever
    raise BadArguments.unknown(Text("手段", "lever"), word[:64], list(LEVERS))
