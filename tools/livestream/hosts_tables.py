"""Tables of the hosts: the comparison beside the plain ranking, the KPI and pay sheet, and the swap plan."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tools.base import ToolContext
from tools.facts import Claim, ToolTable
from tools.livestream.hosts_compare import Comparison, Refusal, Standing, rules
from tools.livestream.hosts_facts import ratio_of, slot_words
from tools.livestream.hosts_mixed import Interval
from tools.livestream.hosts_rows import HostRows
from tools.livestream.hosts_swap import SwapPlan
from tools.livestream.pay import KpiLine, PayRun
from tools.text import format_value

__all__ = ["host_table", "kpi_table", "swap_table"]


def host_table(ctx: ToolContext, found: HostRows, compared: Comparison | Refusal) -> ToolTable:
    """Plain figures and, where hosts are comparable, the effect on GMV and on orders per viewer with its interval."""
    lang, currency = ctx.lang, ctx.shop.currency

    def effect(one: Interval | None) -> str:
        if one is None:
            return "—"
        mean, low, high = (format_value(ratio_of(x), "ratio", lang, signed=True) for x in one[:3])
        return f"{mean}（{low} ~ {high}）" if lang == "zh" else f"{mean} ({low} to {high})"

    def plain(s: Standing) -> tuple[str, ...]:
        return (
            s.host, str(s.shifts), format_value(s.hours, "number", lang), str(s.orders), format_value(s.gmv, currency, lang), str(s.gmv_rank),
            format_value(s.uv_value, currency, lang), format_value(s.conversion, "ratio", lang),
        )  # fmt: skip

    shift = found.grain == "shift"
    heads: tuple[str, ...] = ("主播", "班数" if shift else "场数", "小时", "订单", "总成交额", "总额排名", "每观众成交额", "每观众订单") if lang == "zh" else ("Host", "Shifts" if shift else "Streams", "Hours", "Orders", "Paid GMV", "GMV rank", "GMV per viewer", "Orders per viewer")  # fmt: skip
    if isinstance(compared, Refusal):
        title = Claim(zh="主播的原始数字（不能当排名用）", en="Plain figures of the hosts (not a ranking)")
        return ToolTable(title=title, columns=heads, rows=tuple(plain(s) for s in compared.standings))
    more = ("公平比较：成交额（95% 区间）", "公平比较：订单（95% 区间）") if lang == "zh" else ("Fair: GMV per viewer (95 %)", "Fair: orders per viewer (95 %)")  # fmt: skip
    rows = [(*plain(e.standing), effect(e.uv), effect(e.conversion)) for e in compared.effects]
    rows += [(*plain(s), "—", "—") for s, _ in compared.aside]
    title = Claim(zh="主播对比：同等条件下与平均的差别，旁边是原始数字", en="Hosts: difference from the mean under equal conditions, beside the plain figures")  # fmt: skip
    return ToolTable(title=title, columns=(*heads, *more), rows=tuple(rows))


def kpi_table(ctx: ToolContext, sheet: Sequence[KpiLine], run: PayRun) -> ToolTable:
    """Points by indicator (blank: a person fills, or the data do not tell) and pay on both bases."""
    lang, currency, rule = ctx.lang, ctx.shop.currency, rules("kpi")
    parts = rule["weights"]
    manage = sum(Decimal(one["points"]) for one in rule["management"])
    pay = {one.host: one for one in run.lines}

    def money(value: Decimal | None) -> str:
        return "—" if value is None else format_value(value, currency, lang)

    def row(line: KpiLine) -> tuple[str, ...]:
        points = ["—" if line.points[p["id"]] is None else str(line.points[p["id"]]) for p in parts]
        paid = pay.get(line.host)
        blank = "待填" if lang == "zh" else "to fill"
        base = (paid.base if paid else None) or Decimal(0)
        tail = ("—",) * 3 if paid is None else (money(paid.fair_base), money(base + paid.raw_commission), money(base + paid.fair_commission))  # fmt: skip
        return (line.host, *points, blank, *tail)

    heads = [f"{p['zh'].split('（')[0]} {p['points']}" if lang == "zh" else f"{p['en'].split(' (')[0]} {p['points']}" for p in parts]  # fmt: skip
    whole = bool(run.lines) and all(one.base is not None for one in run.lines)
    if lang == "zh":
        word = "工资" if whole else "提成"
        heads = ["主播", *heads, f"管理 {manage}", "公平口径成交", f"{word}（总额口径）", f"{word}（公平口径）"]
    else:
        word = "Pay" if whole else "Commission"
        heads = ["Host", *heads, f"Management {manage}", "Fair base", f"{word} on GMV", f"{word} on fair base"]
    title = Claim(zh="考核表和提成试算（权重可改）", en="KPI sheet and pay (weights can be changed)")
    return ToolTable(title=title, columns=tuple(heads), rows=tuple(row(line) for line in sheet))


def swap_table(ctx: ToolContext, plan: SwapPlan) -> ToolTable:
    zh = ctx.lang == "zh"

    def row(first: str, second: str, slot: str, streams: int) -> tuple[str, ...]:
        odd, even = (f"{first} → {second}", f"{second} → {first}") if plan.split else (first, second)
        return slot, odd, even, str(streams)

    heads = ("时段", "单数场", "双数场", "共几场") if zh else ("Slot", "Odd streams", "Even streams", "Streams")
    title = Claim(zh="换班计划（箭头是先后）", en="Swap plan (arrows show the order)")
    rows = [row(t.first, t.second, slot_words(t.slot).get(ctx.lang), t.streams) for t in plan.turns]
    return ToolTable(title=title, columns=heads, rows=tuple(rows))
