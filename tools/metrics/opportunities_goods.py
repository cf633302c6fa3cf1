"""Opportunities in products and traffic: sellers out of stock, products refunded too often, conversion under its own usual."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from statistics import median

from tools.facts import Quantity, Role, Window
from tools.metrics.entities import CUTS, ITEM_TRAFFIC, CutSpec, load_cut
from tools.metrics.health_model import MONTH, Finding, band_of, better_quartile
from tools.metrics.opportunities_sizing import (
    Gap,
    Kind,
    Sizing,
    gap_of,
    gap_quantities,
    opportunity,
    sized,
    source_area,
)
from tools.metrics.pair import Pair
from tools.metrics.reader import RELATIONS, as_decimal
from tools.metrics.stats import wilson
from tools.metrics.wording import say
from tools.text import Text

__all__ = ["goods_opportunities"]

ZERO = Decimal(0)
_OUT_DAYS, _IN_DAYS, _LINES = 2, 14, 30


def goods_opportunities(s: Sizing, pair: Pair) -> Iterator[Finding]:
    cuts = (CUTS["traffic_source"], ITEM_TRAFFIC)
    for found in (_stock_out(s), _refunded(s), *(_conversion(s, pair, spec) for spec in cuts)):
        if found is not None:
            yield found


def _stock_out(s: Sizing) -> Finding | None:
    """Days without stock in the month x what the product sold on a day with stock over two months, for each product that sold."""
    reader = s.reader
    if (
        not reader.has("stock_daily")
        or not reader.offers(RELATIONS["lines"])
        or not reader.holds("order_lines", ("product_id",))
    ):
        return None
    lost: list[tuple[Decimal, Decimal, Decimal, str]] = []
    for title, out, sold in _stock_days(s):
        if out >= _OUT_DAYS and len(sold) >= _IN_DAYS and sum(1 for amount in sold if amount) >= _IN_DAYS:
            usual, mean = Decimal(median(sold)), sum(sold, ZERO) / len(sold)
            lost.append((out * mean, out * min(usual, mean), Decimal(out), title))
    if not lost:
        return None
    lost.sort(reverse=True)
    yuan = sized(sum((low for _, low, _, _ in lost), ZERO), sum((high for high, _, _, _ in lost), ZERO))
    name, days, count = lost[0][3], say(lost[0][2], "days"), Decimal(len(lost))
    also = (
        Text(f"，另有 {len(lost) - 1} 款也断过货", f", and {len(lost) - 1} more products did too")
        if count > 1
        else Text("", "")
    )
    claim = Text(
        f"“{name}”近 30 天断货 {days.zh}{also.zh}", f'"{name}" was out of stock for {days.en} of the last 30{also.en}'
    )
    basis = Text(
        "断货天数 × 该商品近 60 天有货日的日销（中位至平均）",
        "days without stock × the product's own daily sales on days with stock of the last 60 (middle to mean)",
    )
    condition = Text(
        "部分买家会改买别的款：补货前看替代款同期是否上升",
        "some buyers take another product: check whether it rose meanwhile",
    )
    more = [Quantity(metric="stock_out_days", value=lost[0][2], unit="days", window=s.month, subject=(name,))]
    if count > 1:
        more.append(Quantity(metric="products_out_of_stock", value=count - 1, unit="count", window=s.month))
    kind, tables = (
        Kind("stock_out", "stock", "efficiency", Text(f"“{name}”断货", f'"{name}" out of stock')),
        ("stock_daily", "order_lines"),
    )
    return opportunity(s, kind, claim, yuan, (basis, condition), (int(lost[0][2]), "days"), more, tables, (name,))


def _stock_days(s: Sizing) -> list[tuple[str, int, list[Decimal]]]:
    """Products out of stock in the month: name, days out, and sales of every day with stock in the last 60."""
    reader, window = s.reader, Window(start=s.month.start - timedelta(days=MONTH), end=s.month.end)
    stock = reader.relation("stock_daily")
    stock = stock.filter(stock.day.between(window.start, window.end) & stock.on_hand.notnull())
    gone = stock.filter((stock.on_hand <= 0) & (stock.day >= s.month.start)).select("product_id").distinct()
    stock = stock.semi_join(gone, "product_id")
    lines = reader.relation("lines")
    lines = lines.filter(lines.paid_date.between(window.start, window.end))
    sold = lines.group_by("product_id", day=lines.paid_date).aggregate(
        amount=lines.amount.sum(), title=lines.title.max()
    )
    rows = reader.run(
        stock.left_join(sold, ["product_id", "day"]).select("product_id", "day", "on_hand", "amount", "title")
    )
    found: dict[str, tuple[str, int, list[Decimal]]] = {}
    for row in rows:
        title, out, days = found.setdefault(row["product_id"], ("", 0, []))
        if row["on_hand"] > 0:
            days.append(as_decimal(row["amount"]) or ZERO)
        elif row["day"] >= s.month.start:
            out += 1
        found[row["product_id"]] = (row["title"] or title or row["product_id"], out, days)
    return list(found.values())


_RIPE = 30  # days in which most refunds of an order come
_HEAVY = Decimal("1.5")


def _refunded(s: Sizing) -> Finding | None:
    """The product whose refunds exceed the middle product's most, over orders old enough to have been refunded, per 30 days."""
    reader = s.reader
    if not reader.offers(RELATIONS["lines"]) or not reader.holds("order_lines", ("refund_amount",)):
        return None
    end = s.month.end - timedelta(days=_RIPE)
    window = Window(start=end - timedelta(days=3 * MONTH - 1), end=end)
    t = reader.relation("lines")
    t = t.filter(t.paid_date.between(window.start, window.end))
    rows = reader.run(
        t.group_by("product").aggregate(
            title=t.title.max(),
            amount=t.amount.sum(),
            back=t.refund_amount.sum(),
            n=t.count(),
            hits=(t.refund_amount > 0).sum(),
        )
    )
    rows = [row for row in rows if row["n"] >= _LINES and row["amount"] > 0 and row["product"]]
    if len(rows) < 4:
        return None
    rates = [(as_decimal(row["back"]) or ZERO) / Decimal(row["amount"]) for row in rows]
    shares = [Decimal(int(row["hits"] or 0)) / row["n"] for row in rows]
    middle, better, share = (
        Decimal(median(rates)),
        better_quartile([-rate for rate in rates]) * -1,
        Decimal(median(shares)),
    )
    best: tuple[Decimal, ...] = (ZERO,)
    chosen: tuple[str, int] = ("", 0)
    for row, rate, own in zip(rows, rates, shares, strict=True):
        sure = wilson(Decimal(int(row["hits"] or 0)), Decimal(row["n"]))
        if sure is None or sure.low <= share or rate < _HEAVY * middle or not middle:
            continue
        month = Decimal(row["amount"]) / 3
        low, high = month * max(ZERO, rate * sure.low / own - middle), month * (rate - better)
        if low + high > best[0]:
            best, chosen = (low + high, low, high, rate), (row["title"] or row["product"], int(row["n"]))
    if not chosen[1]:
        return None
    return _refund_finding(s, window, best, chosen, middle)


def _refund_finding(
    s: Sizing, window: Window, best: tuple[Decimal, ...], chosen: tuple[str, int], middle: Decimal
) -> Finding | None:
    name, rate = chosen[0], best[3]
    own, usual = say(rate, "ratio"), say(middle, "ratio")
    claim = Text(
        f"“{name}”退款率 {own.zh}，本店商品中位是 {usual.zh}（付款满 30 天的订单）",
        f'"{name}" is refunded at {own.en}; the shop\'s middle product at {usual.en} (orders paid at least 30 days ago)',
    )
    basis = Text(
        "该商品月支付金额 ×（它的退款率 − 本店商品中位至较好四分位）",
        "the product's monthly GMV × (its refund rate − the shop's middle to better quartile of products)",
    )
    condition = Text(
        "先看退款原因：描述不符、质量还是尺码肤质，再改详情页或停推",
        "read the refund reasons first: description, quality or fit",
    )
    more = [
        Quantity(metric="refund_rate", value=rate, unit="ratio", window=window, subject=(name,)),
        Quantity(metric="refund_rate", value=middle, unit="ratio", window=window, role=Role.TARGET, subject=(name,)),
    ]
    kind = Kind("refund_heavy", "refunds", "efficiency", Text(f"“{name}”退款偏高", f'refunds of "{name}"'))
    return opportunity(
        s,
        kind,
        claim,
        sized(best[1], best[2]),
        (basis, condition),
        (chosen[1], "orders"),
        more,
        ("order_lines",),
        (name,),
    )


_FEW = Decimal(500)


def _conversion(s: Sizing, pair: Pair, spec: CutSpec) -> Finding | None:
    """The source or product whose visitors buy less than its own usual: visitors x the gap x what a buyer there spends."""
    table = load_cut(pair, spec)
    if table is None:
        return None
    best: tuple[Decimal, str, Gap, Decimal, tuple[Decimal, Decimal, Decimal]] | None = None
    for key in table.keys:
        visitors, buyers, money = table.get("visitors", key), table.get("day_buyers", key), table.get("gross", key)
        past = [(b, v) for b, v in zip(buyers[1:13], visitors[1:13], strict=False) if v >= _FEW]
        gap = gap_of((buyers[0], visitors[0]), past) if visitors[0] >= _FEW else None
        band = band_of([b / v for b, v in past])
        if gap is None or band is None or not gap.real or band.place(gap.now) != "below" or not buyers[0]:
            continue
        if spec is ITEM_TRAFFIC and visitors[0] <= Decimal(median(visitors[1:13])):
            continue  # fewer visitors who buy less is a product on its way out, not one to mend first
        spend = money[0] / buyers[0]
        yuan = sized(visitors[0] * (gap.middle - gap.now) * spend, visitors[0] * (gap.better - gap.now) * spend)
        if best is None or yuan[0] > best[0]:
            best = (yuan[0], key, gap, spend, yuan)
    if best is None:
        return None
    return _conversion_finding(s, spec, table.name(best[1]), best[2], best[3], best[4])


def _conversion_finding(
    s: Sizing, spec: CutSpec, name: str, gap: Gap, spend: Decimal, yuan: tuple[Decimal, Decimal, Decimal]
) -> Finding | None:
    people, rate, middle, each = (
        say(Decimal(gap.n), "visitors"), say(gap.now, "ratio"), say(gap.middle, "ratio"), say(spend, s.currency)
    )  # fmt: skip
    product = spec is ITEM_TRAFFIC
    claim = Text(
        f"“{name}”{'的访客比平时多，' if product else '来的访客'}转化率 {rate.zh}，低于自己平时的 {middle.zh}（近 30 天访客 {people.zh}）",
        f'"{name}"{" has more visitors than usual and" if product else ""} converts {rate.en} of visitors, under its own usual {middle.en}'
        f" ({people.en} in the last 30 days)",
    )
    basis = Text(
        f"访客 {people.zh} ×（自己历史月份中位至较好四分位 − 现在）× 每位买家 {each.zh}",
        f"{people.en} × (its own months' middle to better quartile − now) × {each.en} a buyer",
    )
    condition = Text(
        "先核对价格、主图、断货和差评是否变过", "check first whether price, picture, stock or reviews changed"
    )
    area = "conversion" if product else source_area(name, "conversion")
    title = Text(f"“{name}”转化低于自己平时", f'"{name}" converts under its own usual')
    kind = Kind("product_conversion" if product else "source_conversion", area, "repurchase", title)
    more = gap_quantities("conversion", gap, s.month, (name,))
    more.append(Quantity(metric="visitors", value=Decimal(gap.n), unit="visitors", window=s.month, subject=(name,)))
    tables = (RELATIONS[spec.relation].table,)
    return opportunity(s, kind, claim, yuan, (basis, condition), (gap.n, "visitors"), more, tables, (name,))
