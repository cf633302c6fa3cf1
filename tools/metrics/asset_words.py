"""Facts about brand assets: AIPL stock and flow, FAST, GROW, and which export each missing part needs."""

from __future__ import annotations

from decimal import Decimal

from tools.base import ToolContext
from tools.facts import Fact, Quantity, Role, Window
from tools.metrics.assets import Aipl, Fast, Grow, Layer
from tools.metrics.catalog import table_text, unlock_text
from tools.metrics.customer_words import count_of, customer_fact
from tools.metrics.windows import day_text, when_en, window_text
from tools.metrics.wording import say
from tools.text import Text

__all__ = ["aipl_facts", "fast_facts", "grow_facts", "missing_note"]

_NAMES = {
    "A": Text("认知 A", "awareness (A)"),
    "I": Text("兴趣 I", "interest (I)"),
    "P": Text("购买 P", "purchase (P)"),
    "L": Text("忠诚 L", "loyalty (L)"),
}
_AIPL = Text(
    "人群资产报表的各层人数（同一人只在最深一层）；流转率 = 窗口内流转到更深层的人次 ÷ 窗口开始时该层人数",
    "people per layer in the crowd report (each person in the deepest layer only); flow rate = moves to a deeper layer in the window ÷ people in the layer at its start",
)


def missing_note(table: str, what: Text) -> Text:
    """Which part cannot be told, and the export that would tell."""
    name, path = table_text(table), unlock_text(table)
    return Text(
        f"没有“{name.zh}”数据，看不了{what.zh}。导出路径：{path.zh}。",
        f'Without "{name.en}" there is no {what.en}. Export: {path.en}.',
    )


def aipl_facts(ctx: ToolContext, found: Aipl, source: str, rank: int) -> list[Fact]:
    """The total with its change, then each layer."""
    window, words, day = found.window, window_text(found.window), day_text(found.window.end)
    total, change = _people(found.total), found.total - found.total_before
    quantities = [count_of("aipl_total", found.total, window, "count")]
    quantities.append(quantities[0].model_copy(update={"value": Decimal(found.total_before), "role": Role.PREVIOUS}))
    quantities.append(quantities[0].model_copy(update={"value": Decimal(change), "role": Role.CHANGE}))
    claim = Text(
        f"截至{day.zh}，AIPL 人群资产共 {total.zh}{_moved(change).zh}。",
        f"On {day.en} the AIPL layers hold {total.en}{_moved(change).en} over {words.en}.",
    )
    facts = [
        customer_fact(ctx, ("aipl", window), claim, quantities, rank=rank, formula=_AIPL, source=source, part="aipl")
    ]
    facts += [_layer_fact(ctx, layer, window, source, rank + k) for k, layer in enumerate(found.layers, 1)]
    return facts


def _people(n: int) -> Text:
    """Consumers, who need not have bought."""
    return Text(f"{n:,} 人", f"{n:,} people")


def _moved(change: int) -> Text:
    if not change:
        return Text("，与窗口开始时持平", ", unchanged")
    size = _people(abs(change))
    if change > 0:
        return Text(f"，比窗口开始时多 {size.zh}", f", up {size.en}")
    return Text(f"，比窗口开始时少 {size.zh}", f", down {size.en}")


def _layer_fact(ctx: ToolContext, layer: Layer, window: Window, source: str, rank: int) -> Fact:
    name, words, day = _NAMES[layer.id], window_text(window), day_text(window.end)
    subject = (name.zh, name.en)
    now, change = _people(layer.now), layer.now - layer.before
    base = count_of("aipl_people", layer.now, window, "count", subject=subject)
    quantities = [
        base,
        base.model_copy(update={"value": Decimal(layer.before), "role": Role.PREVIOUS}),
        base.model_copy(update={"value": Decimal(change), "role": Role.CHANGE}),
    ]
    zh = f"截至{day.zh}，“{name.zh}”层 {now.zh}{_moved(change).zh}"
    en = f'On {day.en} the layer "{name.en}" holds {now.en}{_moved(change).en} over {words.en}'
    if layer.moved is not None and layer.rate is not None:
        moved, rate = say(Decimal(layer.moved), "times"), say(layer.rate, "ratio")
        quantities.append(
            Quantity(metric="aipl_moved", value=Decimal(layer.moved), unit="times", window=window, subject=subject)
        )
        quantities.append(
            Quantity(metric="aipl_flow_rate", value=layer.rate, unit="ratio", window=window, subject=subject)
        )
        zh = f"{zh}；{words.zh}流转到更深层 {moved.zh}，流转率 {rate.zh}"
        en = f"{en}; people moved deeper {moved.en}, a flow rate of {rate.en}"
    return customer_fact(
        ctx, ("aipl", layer.id, window), Text(f"{zh}。", f"{en}."), quantities,
        rank=rank, formula=_AIPL, source=source, entities=subject, part="aipl_layer", layer=layer.id,
    )  # fmt: skip


_FAST = Text(
    "F = AIPL 总人数；A = 窗口内流转到更深层的人次 ÷ 窗口开始时 AIPL 总人数；S = 会员总数；T = 近 180 天付过款的会员 ÷ 已知入会日期的会员（平台还算加购、互动，所以这里偏低）",
    "F = all people in AIPL; A = moves to a deeper layer in the window ÷ people in AIPL at its start; S = members; T = members who paid in the past 180 days ÷ members with a known joining day (the platform also counts carting and interacting, so this is low)",
)


def fast_facts(ctx: ToolContext, found: Fast, stock: Aipl | None, source: str, rank: int) -> list[Fact]:
    """One sentence with the parts there are; [] when none is."""
    day, window = day_text(found.day), stock.window if stock is not None else Window(start=found.day, end=found.day)
    zh: list[str] = []
    en: list[str] = []
    quantities: list[Quantity] = []
    if found.fertility is not None:
        size = _people(found.fertility)
        zh, en = [*zh, f"F 可运营人群 {size.zh}"], [*en, f"F {size.en} in all layers"]
        quantities.append(count_of("fast_f", found.fertility, window, "count"))
    if found.advancing is not None:
        rate = say(found.advancing, "ratio")
        zh, en = [*zh, f"A 加深率 {rate.zh}"], [*en, f"A {rate.en} moved deeper"]
        quantities.append(Quantity(metric="fast_a", value=found.advancing, unit="ratio", window=window))
    if found.members is not None:
        size = _people(found.members)
        zh, en = [*zh, f"S 会员 {size.zh}"], [*en, f"S {size.en} in the membership"]
        quantities.append(count_of("fast_s", found.members, window, "count"))
    if found.thriving is not None:
        rate = say(found.thriving, "ratio")
        zh, en = (
            [*zh, f"T 活跃会员占比 {rate.zh}（只按付款算，偏低）"],
            [*en, f"T {rate.en} of members active (by payment only, so low)"],
        )
        quantities.append(Quantity(metric="fast_t", value=found.thriving, unit="ratio", window=window))
    if not quantities:
        return []
    claim = Text(f"截至{day.zh}，FAST：{'；'.join(zh)}。", f"FAST on {day.en}: {'; '.join(en)}.")
    return [
        customer_fact(ctx, ("fast", found.day), claim, quantities, rank=rank, formula=_FAST, source=source, part="fast")
    ]


_GROW = Text(
    "有买家标识的支付金额 = 买家数 × 人均订单数 × 笔单价，用 LMDI 拆分，三部分之和等于变化：G 渗透（买家数）、R 复购（人均订单数）、O 价格（笔单价）；W 延展 = 近 180 天首次售出的商品占商品支付金额的比例",
    "GMV of identified buyers = buyers × orders per buyer × money per order, split by LMDI without residual: Gain (buyers), Retain (orders per buyer), bOOst (money per order); Widen = share of item money from products first sold in the past 180 days",
)
_PARTS = (
    ("gain", Text("G 渗透（买家数）", "Gain (buyers)")),
    ("retain", Text("R 复购（人均订单数）", "Retain (orders per buyer)")),
    ("boost", Text("O 价格（笔单价）", "bOOst (order value)")),
)


def grow_facts(ctx: ToolContext, found: Grow, source: str, rank: int) -> list[Fact]:
    """The change with its three parts, then what new products bring."""
    currency, change = ctx.shop.currency, found.gmv - found.before
    words, before = window_text(found.window), window_text(found.previous)
    now, step = say(found.gmv, currency), say(abs(change), currency)
    base = Quantity(metric="grow_gmv", value=found.gmv, unit=currency, window=found.window)
    quantities = [
        base,
        base.model_copy(update={"value": found.before, "role": Role.PREVIOUS, "window": found.previous}),
        base.model_copy(update={"value": change, "role": Role.CHANGE}),
    ]
    zh, en = [], []
    for name, label in _PARTS:
        value = Decimal(getattr(found, name))
        shown = say(value, currency, signed=True)
        zh.append(f"{label.zh} {shown.zh}")
        en.append(f"{label.en} {shown.en}")
        quantities.append(
            base.model_copy(
                update={
                    "metric": f"grow_{name}",
                    "value": value,
                    "role": Role.CONTRIBUTION,
                    "subject": (label.zh, label.en),
                }
            )
        )
    against = Text(f"比{before.zh}", f"against {before.en}")
    moved = Text(f"{against.zh}增加 {step.zh}", f"up {step.en} {against.en}")
    if change < 0:
        moved = Text(f"{against.zh}减少 {step.zh}", f"down {step.en} {against.en}")
    elif not change:
        moved = Text(f"与{before.zh}持平", f"the same as {before.en}")
    claim = Text(
        f"GROW：{words.zh}可识别买家支付 {now.zh}，{moved.zh}；其中 {'，'.join(zh)}。",
        f"GROW {when_en(found.window)}: identified buyers paid {now.en}, {moved.en}; {', '.join(en)}.",
    )
    subjects = [name for _, label in _PARTS for name in label]
    facts = [
        customer_fact(
            ctx, ("grow", found.window, found.previous), claim, quantities, rank=rank, formula=_GROW, source=source,
            entities=subjects, part="grow",
        )
    ]  # fmt: skip
    if found.widen is not None and found.widen_money is not None:
        facts.append(_widen_fact(ctx, found, source, rank + 1))
    return facts


def _widen_fact(ctx: ToolContext, found: Grow, source: str, rank: int) -> Fact:
    share, money, words = found.widen or Decimal(0), found.widen_money or Decimal(0), window_text(found.window)
    currency = ctx.shop.currency
    part, worth = say(share, "ratio"), say(money, currency)
    quantities = [
        Quantity(metric="grow_widen_share", value=share, unit="ratio", window=found.window, role=Role.SHARE),
        Quantity(metric="grow_widen", value=money, unit=currency, window=found.window),
    ]
    claim = Text(
        f"W 延展：{words.zh}，近半年首次售出的商品带来 {worth.zh}，占商品支付金额的 {part.zh}。",
        f"Widen, {words.en}: products first sold in the past half-year brought {worth.en}, {part.en} of item money.",
    )
    if not money:
        claim = Text(
            f"W 延展：{words.zh}没有近半年首次售出的商品，新品贡献为 {worth.zh}。",
            f"Widen, {words.en}: no product sold is new in the past half-year; new products brought {worth.en}.",
        )
    return customer_fact(
        ctx, ("grow", "widen", found.window), claim, quantities, rank=rank, formula=_GROW, source=source, part="widen"
    )
