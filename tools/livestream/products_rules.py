"""Rules of a rundown in words, and the smallest set of them that cannot hold together when there is no rundown at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tools.livestream.products_model import solve
from tools.livestream.products_types import Candidate, Conflict
from tools.livestream.products_values import Values
from tools.text import Text

__all__ = ["GIVES_WAY", "RULE_NAMES", "explain"]

RULE_NAMES: dict[str, Text] = {
    "must": Text("必上的商品", "items that must be on"),
    "pinned": Text("锁定位置的商品", "items locked to a block"),
    "floor": Text("到手价不低于底价", "prices at or above their floor"),
    "margin": Text("毛利底线", "the margin floor"),
    "stock": Text("库存要够", "stock must cover sales"),
    "events": Text("发券和抽奖的时间不排品", "no goods while coupons or lotteries run"),
    "run": Text("同角色不连排太多", "not too many of a role in a row"),
    "hero": Text("主推款按时返场", "heroes come back in time"),
    "hooks": Text("开场和低谷前放引流款", "hooks at the opening and before troughs"),
    "shares": Text("各角色的占比", "shares of roles"),
}
GIVES_WAY = (
    "hooks",
    "hero",
    "run",
    "shares",
    "events",
    "margin",
)  # defaults nobody stated, the first to be set aside first


def explain(values: Values, seconds: float = 20.0) -> tuple[Conflict, ...]:
    """A minimal set of rules without a rundown: leave any one of them out and there is one. () when there is a rundown.

    Found by leaving out one rule after another; a rule whose absence changes nothing is not part of the clash.
    """
    if _possible(values, frozenset(), seconds):
        return ()
    off = set(values.rules.off)
    for rule in RULE_NAMES:
        if rule not in off and not _possible(values, frozenset(off | {rule}), seconds):
            off.add(rule)
    left = [rule for rule in RULE_NAMES if rule not in off]
    return tuple(Conflict(rule, *_WORDS[rule](values)) for rule in left)


def _possible(values: Values, off: frozenset[str], seconds: float) -> bool:
    """Not proven impossible: a search cut short is no proof."""
    tried = replace(values, rules=replace(values.rules, off=off | values.rules.off))
    return solve(tried, seconds=seconds, only_whether=True).status != "infeasible"


def _titles(values: Values, which: Callable[[Candidate], object]) -> str:
    found = [item.title for item in values.items if which(item)]
    return "、".join(found[:5]) + ("…" if len(found) > 5 else "")


def _must(values: Values) -> tuple[Text, Text]:
    named, minutes = _titles(values, lambda item: item.must), values.minutes
    total = sum(values.length[i] for i, item in enumerate(values.items) if item.must)
    return (
        Text(f"必须上播：{named}（合计要 {total} 分钟，本场 {minutes} 分钟）", f"must be on: {named} ({total} minutes together, the session has {minutes})"),
        Text("少锁几件，或把直播加长", "require fewer items or lengthen the session"),
    )  # fmt: skip


def _pinned(values: Values) -> tuple[Text, Text]:
    places = "、".join(f"{item.title}→{item.pinned}" for item in values.items if item.pinned)
    return (
        Text(f"锁定位置：{places}（第几个讲解）", f"locked to a block: {places}"),
        Text("换个位置，或取消锁定（pinned）", "lock another block, or none (pinned)"),
    )


def _floor(values: Values) -> tuple[Text, Text]:
    named = _titles(values, lambda item: item.floor is not None and item.price < item.floor)
    return (
        Text(f"直播价低于底价：{named}", f"priced under their floor: {named}"),
        Text("提高直播价，或确认底价（floor）写错了", "raise the price, or correct the floor"),
    )


def _margin(values: Values) -> tuple[Text, Text]:
    floor = values.rules.margin_floor
    named = _titles(values, lambda item: item.role != "hook" and item.share < floor)
    return (
        Text(f"卖一件不挣钱或低于毛利底线：{named}", f"losing money or under the margin floor: {named}"),
        Text("提价、降成本，或改作引流款", "raise the price, lower the cost, or make it a hook"),
    )


def _stock(values: Values) -> tuple[Text, Text]:
    scarce = sorted((item for item in values.items if item.stock is not None), key=lambda item: item.stock or 0)[:5]
    named = "、".join(f"{item.title}（{item.stock}）" for item in scarce)
    english = ", ".join(f"{item.title} ({item.stock})" for item in scarce)
    return (
        Text(f"库存最少的几件：{named}；不够覆盖预计销量，不能放黄金时段，亏本款不能超卖", f"lowest stock: {english}; it does not cover the expected sales, so no prime time, and a loss maker may not oversell"),
        Text("补货，给亏本款写限量（limit），或减少必上和锁定", "restock, give loss makers a limit per airing (limit), or require and lock fewer items"),
    )  # fmt: skip


def _events(values: Values) -> tuple[Text, Text]:
    times = "、".join(f"{r.start}–{r.start + r.minutes}" for r in values.rules.reserved)
    return (
        Text(f"发券或抽奖占用的分钟：{times}", f"minutes taken by coupons or lotteries: {times}"),
        Text("挪开或减少发券、抽奖的时间", "move or drop coupon and lottery times"),
    )


def _run(values: Values) -> tuple[Text, Text]:
    k = values.rules.in_a_row
    return (
        Text(f"同一角色最多连排 {k} 个", f"at most {k} of a role in a row"),
        Text("放宽 same_role_in_a_row，或补充其他角色的商品", "raise same_role_in_a_row, or add items of other roles"),
    )


def _hero(values: Values) -> tuple[Text, Text]:
    gap, named = values.rules.hero_gap, _titles(values, lambda item: item.role == "hero")
    return (
        Text(
            f"主推款每 {gap} 分钟内至少出现一次；主推款有：{named}",
            f"a hero at least every {gap} minutes; the heroes are: {named}",
        ),
        Text(
            "放宽 hero_every，缩短单品讲解，或增加有库存的主推款",
            "raise hero_every, shorten talks, or add heroes that are in stock",
        ),
    )


def _hooks(values: Values) -> tuple[Text, Text]:
    named = _titles(values, lambda item: item.role == "hook")
    return (
        Text(f"开场 {values.rules.hook_within} 分钟内和每个低谷前要有引流款；引流款有：{named}", f"a hook within the first {values.rules.hook_within} minutes and before each trough; the hooks are: {named}"),
        Text("增加引流款或它的库存、限量", "add hooks, or their stock or limit"),
    )  # fmt: skip


def _shares(values: Values) -> tuple[Text, Text]:
    return (
        Text("各角色占比要在区间内", "the share of each role must lie in its band"),
        Text("补充缺的角色，或放宽占比", "add items of the missing roles, or widen the bands"),
    )


_WORDS: dict[str, Callable[[Values], tuple[Text, Text]]] = {
    "must": _must, "pinned": _pinned, "floor": _floor, "margin": _margin, "stock": _stock, "events": _events, "run": _run,
    "hero": _hero, "hooks": _hooks, "shares": _shares,
}  # fmt: skip
