"""What a reconciliation found, in sentences a merchant can act on: the gap, its causes, the worst days, and which file would tell."""

from __future__ import annotations

from decimal import Decimal

from tools.base import ToolContext
from tools.facts import Claim, Fact, Quantity, Role, ToolTable, Window
from tools.metrics.reconcile import ReconciledDay, Reconciliation
from tools.metrics.reconcile_causes import PART_NAMES, days_en, part_facts
from tools.metrics.reconcile_note import FINDING
from tools.metrics.windows import when_en, window_text
from tools.metrics.wording import make_fact, say
from tools.text import Text, format_value

__all__ = ["FORMULA", "day_table", "reconcile_facts"]

FORMULA = Text(
    "订单文件按付款日期的支付金额（退款前）－店铺日报的支付金额，逐日相减；各部分相加等于差额",
    "amount paid in the order files by payment day, before refunds, less the paid amount of the shop's daily report, day by day;"
    " the parts add up to the gap",
)
_MOST_ROWS = 62


def reconcile_facts(ctx: ToolContext, found: Reconciliation, source: str) -> list[Fact]:
    """The gap first, then its parts by size, the worst days, and the counts."""
    facts = [_headline(ctx, found, source)]
    if found.gap or any(day.gap for day in found.days):
        facts += part_facts(ctx, found, FORMULA, source)
        worst = [day for day in found.worst(len(found.days)) if day.ours is not None and day.theirs is not None][:3]
        facts += [_day(ctx, day, rank, source) for rank, day in enumerate(worst, 1)]
    counts = _counts(ctx, found, source)
    return facts if counts is None else [*facts, counts]


def _money(value: Decimal, ctx: ToolContext, *, signed: bool = False) -> Text:
    return say(value, ctx.shop.currency, signed=signed)


def _amount(metric: str, value: Decimal, ctx: ToolContext, window: Window, role: Role = Role.VALUE) -> Quantity:
    return Quantity(metric=metric, value=value, unit=ctx.shop.currency, window=window, role=role)


def _headline(ctx: ToolContext, found: Reconciliation, source: str) -> Fact:
    words, when, rate = window_text(found.window), when_en(found.window), found.rate
    ours, theirs = _money(found.ours, ctx), _money(found.theirs, ctx)
    off = [day for day in found.days if day.off]
    quantities = [
        _amount("gmv", found.ours, ctx, found.window),
        _amount("report_gmv", found.theirs, ctx, found.window, Role.PREVIOUS),
        _amount("gmv_gap", found.gap, ctx, found.window, Role.CHANGE),
    ]
    if rate is not None:
        quantities.append(
            Quantity(metric="gmv_gap", value=abs(rate), unit="ratio", window=found.window, role=Role.CHANGE_RATE)
        )
    both = Text(f"订单文件 {ours.zh}，店铺日报 {theirs.zh}", f"order files {ours.en}, shop report {theirs.en}")
    tail = Text("", "")
    if off:
        quantities.append(Quantity(metric="days_off", value=Decimal(len(off)), unit="days", window=found.window))
        count, limit = say(Decimal(len(off)), "days"), say(FINDING, "ratio")
        quantities.append(Quantity(metric="gap_limit", value=FINDING, unit="ratio", role=Role.TARGET))
        are = "are" if len(off) > 1 else "is"
        tail = Text(
            f"；有 {count.zh}单日相差超过 {limit.zh}", f"; {days_en(len(off))} {are} more than {limit.en} apart"
        )
    claim = _gap_claim(ctx, found, words, when, both, tail)
    return make_fact(
        ctx, ("reconcile", found.window), claim, quantities, topic="gap" if found.finding else "check",
        formula=FORMULA, source=source, metric="gmv", finding=found.finding, off=len(off),
    )  # fmt: skip


def _gap_claim(ctx: ToolContext, found: Reconciliation, words: Text, when: str, both: Text, tail: Text) -> Text:
    if not found.gap:
        return Text(
            f"{words.zh}支付金额与店铺日报一致：{both.zh}{tail.zh}。",
            f"GMV {when} equals the shop report: {both.en}{tail.en}.",
        )
    size = _money(abs(found.gap), ctx)
    rate = say(abs(found.rate), "ratio") if found.rate is not None else None
    aside = Text(f"（{rate.zh}）", f" ({rate.en})") if rate else Text("", "")
    more = Text("多", "higher") if found.gap > 0 else Text("少", "lower")
    end = Text("", "")
    if found.finding:
        end = Text("；用到支付金额时请带上这个差异", "; mind this gap wherever GMV is used")
    if found.offset:
        end = Text(
            f"；差额小只是因为几个原因互相抵消{end.zh}",
            f"; the gap is small only because causes offset each other{end.en}",
        )
    return Text(
        f"{words.zh}支付金额与店铺日报相差 {size.zh}{aside.zh}，订单文件偏{more.zh}：{both.zh}{tail.zh}{end.zh}。",
        f"The order files and the shop report differ by {size.en}{aside.en} {when}, the order files being {more.en}: {both.en}{tail.en}{end.en}.",
    )


def _day(ctx: ToolContext, day: ReconciledDay, rank: int, source: str) -> Fact:
    window = Window(start=day.day, end=day.day)
    ours, theirs = day.ours or Decimal(0), day.theirs or Decimal(0)
    words, rate = window_text(window), say(day.rate or Decimal(0), "ratio", signed=True)
    mine, other, gap = _money(ours, ctx), _money(theirs, ctx), _money(day.gap, ctx, signed=True)
    largest = max(day.parts, key=lambda name: abs(day.parts[name]))
    title = PART_NAMES[largest]
    claim = Text(
        f"{words.zh}相差 {gap.zh}（{rate.zh}）：订单文件 {mine.zh}，店铺日报 {other.zh}；主要是“{title.zh}”。",
        f'{words.en}: {gap.en} ({rate.en}), order files {mine.en}, shop report {other.en}; mostly "{title.en}".',
    )
    quantities = [
        _amount("gmv_gap", day.gap, ctx, window, Role.CHANGE),
        Quantity(metric="gmv_gap", value=day.rate or Decimal(0), unit="ratio", window=window, role=Role.CHANGE_RATE),
        _amount("gmv", ours, ctx, window),
        _amount("report_gmv", theirs, ctx, window, Role.PREVIOUS),
    ]
    return make_fact(
        ctx, ("reconcile_day", day.day), claim, quantities, topic="row", rank=rank, formula=FORMULA, source=source,
        entities=(title.zh, title.en),
    )  # fmt: skip


def _counts(ctx: ToolContext, found: Reconciliation, source: str) -> Fact | None:
    """Orders, and buyers of each day added up, on the days where both sides tell."""
    orders = [
        (c.ours, c.theirs) for c in (day.counts for day in found.days) if c.ours is not None and c.theirs is not None
    ]
    buyers = [
        (c.our_buyers, c.their_buyers)
        for c in (day.counts for day in found.days)
        if c.our_buyers is not None and c.their_buyers is not None
    ]
    zh, en, quantities = [], [], []
    pairs = (("orders", orders, Text("订单", "orders")), ("day_buyers", buyers, Text("支付买家（逐日去重后相加）", "buyers (distinct by day, added up)")))  # fmt: skip
    for metric, told, name in pairs:
        if not told:
            continue
        unit = "orders" if metric == "orders" else "buyers"
        ours, theirs = Decimal(sum(a for a, _ in told)), Decimal(sum(b for _, b in told))
        zh.append(f"{name.zh} {format_value(ours, unit, 'zh')}，日报 {format_value(theirs, unit, 'zh')}")
        en.append(
            f"{name.en}: {format_value(ours, 'count', 'en')} against {format_value(theirs, 'count', 'en')} in the report"
        )
        quantities += [
            Quantity(metric=metric, value=ours, unit=unit, window=found.window),
            Quantity(metric=f"report_{metric}", value=theirs, unit=unit, window=found.window, role=Role.PREVIOUS),
        ]
    if not quantities:
        return None
    words, when = window_text(found.window), when_en(found.window)
    claim = Text(f"{words.zh}{'；'.join(zh)}。", f"{'; '.join(en)[:1].upper()}{'; '.join(en)[1:]} ({when}).")
    return make_fact(ctx, ("reconcile_counts", found.window), claim, quantities, topic="check", source=source)


def day_table(ctx: ToolContext, found: Reconciliation) -> ToolTable | None:
    """The days with a gap, in order; of very many the widest. A month at most is shown in full."""
    days = list(found.days) if len(found.days) <= 31 else [day for day in found.days if day.gap]
    shown = sorted(sorted(days, key=lambda day: -abs(day.gap))[:_MOST_ROWS], key=lambda day: day.day)
    if not any(day.gap for day in days):
        return None
    zh = ctx.lang == "zh"
    columns = (
        ("日期", "订单文件", "店铺日报", "差额", "差额率", "由什么组成")
        if zh
        else ("day", "order files", "report", "gap", "rate", "made of")
    )
    title = Text("逐日对账（订单文件－店铺日报）", "Day by day (order files less shop report)")
    if len(shown) < len(days):
        title = Text(f"{title.zh}，差额最大的 {len(shown)} 天", f"{title.en}, the {len(shown)} widest days")
    rows = tuple(_row(ctx, day) for day in shown)
    return ToolTable(title=Claim.of(title), columns=columns, rows=rows)


def _row(ctx: ToolContext, day: ReconciledDay) -> tuple[str, ...]:
    def cell(value: Decimal | None) -> str:
        return "–" if value is None else f"{value:,.2f}"

    made = ("；" if ctx.lang == "zh" else "; ").join(
        f"{PART_NAMES[name].get(ctx.lang)} {value:+,.2f}"
        for name, value in sorted(day.parts.items(), key=lambda item: -abs(item[1]))
    )
    rate = format_value(day.rate, "ratio", ctx.lang, signed=True) if day.rate is not None and day.gap else "–"
    return str(day.day), cell(day.ours), cell(day.theirs), f"{day.gap:+,.2f}" if day.gap else "0.00", rate, made
