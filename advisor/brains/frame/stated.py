"""What the merchant says of the own business: "毛利率大概 45%", "our gross margin is about 45%". Read, never guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from advisor.brains.frame.lexicon import data_yaml

__all__ = ["Stated", "asks", "label_of", "read_stated", "target_in"]

_BETWEEN = r"\s*(?:大概|大约|差不多|约|平均|现在|其实|改成|改为|变成|调到|是|在|有|为|now|actually|is|are|of|about|around|roughly|approximately|at|[:：=，,\s])*\s*"
_FIGURE = r"(?P<n>\d{1,9}(?:\.\d{1,2})?)\s*(?P<u>%|％|个点|点|percent|万|k\b|元|块|yuan)?"
_ASKS = re.compile(
    r"[?？]|吗|呢|多少|为什么|怎么|要不要|如果|假如|\b(?:why|how|what|should|if|would|does|is it)\b", re.I
)
_LONGEST = 80
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3})")
_TARGET = re.compile(
    rf"(?:目标|做到|完成|达到|冲到|卖到|\btargets?\b|\breach|\bhit\b|\bmake\b)(?:gmv|销售额)?{_BETWEEN}[¥$]?{_FIGURE}",
    re.I,
)
_LEAST_TARGET = 1000  # a bare small number after 完成 counts orders or days, not money
_PERCENT = {"%", "％", "个点", "点", "percent"}


@dataclass(frozen=True)
class Stated:
    """One statement: `value` is 0.45 for 45 %, or money in the shop's currency."""

    key: str
    value: Decimal
    unit: str  # "ratio" or "money"


def asks(text: str) -> bool:
    """Whether the sentence asks, or supposes, rather than states."""
    return bool(_ASKS.search(text))


def read_stated(text: str) -> list[Stated]:
    """Statements in a short sentence that asks nothing. A share outside 0–100 % is not one."""
    if len(text) > _LONGEST or asks(text):
        return []
    text = _THOUSANDS.sub("", text)
    found = []
    for key, spec in data_yaml("stated.yaml").items():
        match = re.search(rf"(?:{spec['words']}){_BETWEEN}{_FIGURE}", text, re.I)
        if match is None:
            continue
        value = _value(Decimal(match["n"]), match["u"] or "", spec["unit"])
        if value is not None:
            month = match.groupdict().get("month")
            found.append(Stated(f"{key}_{int(month)}" if month else key, value, spec["unit"]))
    return found


def target_in(text: str) -> Decimal | None:
    """The amount a question about a target names ("能做到100万吗")."""
    match = _TARGET.search(_THOUSANDS.sub("", text))
    value = _value(Decimal(match["n"]), match["u"] or "", "money") if match else None
    return value if value is not None and value >= _LEAST_TARGET else None


def label_of(key: str) -> dict[str, str]:
    """The name of a key; one said for a month carries its number. Raises KeyError for a key that is none."""
    base, _, month = key.rpartition("_")
    if not month.isdigit():
        label: dict[str, str] = data_yaml("stated.yaml")[key]["label"]
        return label
    named = data_yaml("stated.yaml")[base]["label"]
    return {"zh": f"{month}月{named['zh']}", "en": f"{named['en']} of month {month}"}


def _value(number: Decimal, unit: str, kind: str) -> Decimal | None:
    if kind == "money":
        scale = {"万": Decimal(10_000), "k": Decimal(1_000)}.get(unit.lower(), Decimal(1))
        return None if unit in _PERCENT else number * scale
    if unit not in _PERCENT and not (unit == "" and 0 < number < 1):
        return None
    share = number if unit == "" else number / 100
    return share if 0 < share < 1 else None
