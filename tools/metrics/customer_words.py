"""Facts about customers: the shape all of them share, and new buyers by their first order. Claims are written by code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tools.base import ToolContext
from tools.facts import Fact, Quantity, Role, Window
from tools.metrics.measure import SMALL
from tools.metrics.newcomers import By, Newcomers
from tools.metrics.windows import when_en, window_text
from tools.metrics.wording import make_fact, say
from tools.text import Text

__all__ = ["count_of", "customer_fact", "newcomer_facts"]


def customer_fact(
    ctx: ToolContext,
    key: Sequence[object],
    claim: Text,
    quantities: Sequence[Quantity],
    *,
    rank: int,
    formula: Text,
    source: str,
    entities: Sequence[str] = (),
    **data: Any,
) -> Fact:
    """A fact of this family: `data["topic"]` is "customers", `data["part"]` says which kind."""
    made = make_fact(
        ctx,
        ("customers", *key),
        claim,
        quantities,
        topic="figure",
        rank=rank,
        formula=formula,
        source=source,
        entities=entities,
    )
    return made.model_copy(update={"data": {**made.data, "topic": "customers", **data}})


def count_of(
    metric: str, n: int, window: Window, unit: str = "buyers", *, role: Role = Role.VALUE, subject: tuple[str, ...] = ()
) -> Quantity:
    return Quantity(metric=metric, value=Decimal(n), unit=unit, window=window, role=role, subject=subject)


_BY: Mapping[By, Text] = {
    "channel": Text("首单渠道", "channel"),
    "source": Text("首单来源", "source"),
    "product": Text("首单商品", "product"),
    "promotion": Text("首单活动", "promotion"),
    "live": Text("首单直播", "livestream"),
    "province": Text("首单省份", "province"),
}
_DID: Mapping[By, Text] = {
    "live": Text("不是在直播间首购", "did not first buy in a livestream"),
    "promotion": Text("首单没用活动", "used no promotion for the first order"),
}
_UNSET: Mapping[By, Text] = {
    "live": Text("非直播间", "no livestream"),
    "promotion": Text("没用活动", "no promotion"),
}
_CHANNELS = {
    "shelf": Text("货架", "shelf"),
    "live": Text("直播", "livestream"),
    "short_video": Text("短视频", "short video"),
    "kol": Text("达人", "influencers"),
    "other": Text("其他渠道", "other channels"),
}
_NEWCOMERS = Text(
    "新客 = 首次付款落在窗口内的买家，按首单归组；90 天复购率 = 首购后 90 天内在另一天再次付款的比例（未满 90 天者按 Kaplan–Meier 处理，区间为 Greenwood 95%）",
    "new buyers = first payment in the window, grouped by the first order; 90-day repurchase = paying again on another day within 90 days"
    " (Kaplan–Meier where 90 days have not passed, Greenwood 95 % interval)",
)


def newcomer_facts(
    ctx: ToolContext,
    now: Sequence[Newcomers],
    before: Sequence[Newcomers],
    windows: tuple[Window, Window],
    *,
    by: By,
    source: str,
    rank: int,
    top: int = 8,
) -> list[Fact]:
    """The largest groups of new buyers: size, share, 90-day repurchase, and both figures of the window before where known."""
    old = {group.key: group for group in before}
    return [
        _newcomer_fact(ctx, group, old.get(group.key), windows, by=by, source=source, rank=rank + index)
        for index, group in enumerate(now[:top])
    ]


def _newcomer_fact(
    ctx: ToolContext,
    group: Newcomers,
    old: Newcomers | None,
    windows: tuple[Window, Window],
    *,
    by: By,
    source: str,
    rank: int,
) -> Fact:
    window, previous = windows
    name = _label(group, by)
    subject = (name.zh,) if name.zh == name.en else (name.zh, name.en)
    did = _DID.get(by) if not group.key else None
    did = did or Text(f"的{_BY[by].zh}是“{name.zh}”", f'had "{name.en}" as {_BY[by].en} of the first order')
    words, size, share = window_text(window), say(Decimal(group.buyers), "buyers"), say(group.share, "ratio")
    quantities = [
        count_of("new_buyers", group.buyers, window, subject=subject),
        Quantity(
            metric="new_buyers_share", value=group.share, unit="ratio", role=Role.SHARE, window=window, subject=subject
        ),
    ]
    zh = f"{words.zh}的新客中有 {size.zh}{did.zh}，占新客的 {share.zh}"
    en = f"Of the new buyers {when_en(window)}, {size.en} ({share.en}) {did.en}"
    if old is not None:
        was = say(old.share, "ratio")
        quantities.append(
            quantities[-1].model_copy(update={"value": old.share, "role": Role.PREVIOUS, "window": previous})
        )
        zh, en = f"{zh}（之前同样长的一段占 {was.zh}）", f"{en} ({was.en} in the same length of time before)"
    if group.rate is None or group.interval is None:
        zh, en = (
            f"{zh}；首购还没满 90 天，复购还算不出",
            f"{en}; their 90 days have not passed, so repurchase cannot be told yet",
        )
    else:
        rate, low, high = (say(value, "ratio") for value in (group.rate, group.interval.low, group.interval.high))
        zh = f"{zh}；90 天内再次购买 {rate.zh}（区间 {low.zh}至 {high.zh}）"
        en = f"{en}; {rate.en} bought again within 90 days ({low.en} to {high.en})"
        base = Quantity(metric="repurchase_90d", value=group.rate, unit="ratio", window=window, subject=subject)
        quantities.append(base)
        for role, edge in ((Role.RANGE_LOW, group.interval.low), (Role.RANGE_HIGH, group.interval.high)):
            quantities.append(base.model_copy(update={"value": edge, "role": role}))
        if old is not None and old.rate is not None:
            past = say(old.rate, "ratio")
            quantities.append(base.model_copy(update={"value": old.rate, "role": Role.PREVIOUS, "window": previous}))
            zh, en = f"{zh}，之前同样长的一段为 {past.zh}", f"{en}, against {past.en} in the same length of time before"
    small = group.buyers < SMALL
    tail = Text("（样本太小，只作参考）", " (a small sample)") if small else Text("", "")
    return customer_fact(
        ctx, ("newcomers", by, group.key, window), Text(f"{zh}{tail.zh}。", f"{en}{tail.en}."), quantities,
        rank=rank, formula=_NEWCOMERS, source=source, entities=subject, part="newcomers", by=by, small=small,
    )  # fmt: skip


def _label(group: Newcomers, by: By) -> Text:
    if not group.key:
        return _UNSET.get(by, Text("未标注", "not recorded"))
    return (
        _CHANNELS.get(group.key, Text(group.label, group.label)) if by == "channel" else Text(group.label, group.label)
    )
