"""The sheets of a pack that a room works from: rundown, products, script, and what is missing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tools.livestream.brief import Item
from tools.livestream.costs_facts import LINES
from tools.livestream.pack import Pack
from tools.livestream.pack_cells import Cells
from tools.livestream.pack_facts import Overview
from tools.livestream.products_types import ROLE_NAMES, Candidate
from tools.livestream.script import ask_for
from tools.livestream.script_types import Cue, Loop
from tools.livestream.telling import basis_text
from tools.playbooks.compliance import Flag, check_text
from tools.playbooks.render import clean_name
from tools.text import Text, quantize

__all__ = ["cost_sheet", "inputs_sheet", "missing_sheet", "overview_sheet", "product_sheet", "rundown_sheet", "script_sheet"]  # fmt: skip

_PIECE = 60
_KINDS = {
    "opening": Text("开场", "opening"), "coupon": Text("发券", "coupon"), "lottery": Text("抽奖", "lottery"),
    "interaction": Text("答疑", "questions"), "closing": Text("收尾", "closing"),
}  # fmt: skip
_AGAIN = Text("返场", "again")
_SEVERITY = {"block": Text("必须改", "must change"), "review": Text("要有依据", "needs proof")}
_RUNDOWN = (
    (Text("时间", "Time"), 13), (Text("链接", "Link"), 6), (Text("讲什么", "What"), 26), (Text("角色", "Role"), 8), (Text("到手价", "Price"), 11),
    (Text("划线价", "List price"), 11), (Text("主播说", "Host says"), 46), (Text("助播 / 画面", "Assistant / screen"), 26), (Text("中控", "Control"), 26),
    (Text("备注", "Note"), 16),
)  # fmt: skip
_PRODUCTS = (
    (Text("链接", "Link"), 6), (Text("商品", "Item"), 26), (Text("编号", "SKU"), 14), (Text("角色", "Role"), 8), (Text("到手价", "Price"), 11),
    (Text("单件成本", "Unit cost"), 11), (Text("每件留下", "Left a piece"), 11), (Text("占价", "Of price"), 8), (Text("退款率", "Refunds"), 8),
    (Text("库存", "Stock"), 8), (Text("预计件数", "Pieces expected"), 9), (Text("备货倍数", "Stock cover"), 8), (Text("讲几次", "Talks"), 7),
    (Text("第一次", "First at"), 8), (Text("卖点", "Points"), 30), (Text("依据", "Proof"), 26), (Text("还缺", "Missing"), 40),
)  # fmt: skip
_SCRIPT = (
    (Text("链接", "Link"), 6), (Text("商品", "Item"), 22), (Text("从第几分", "From"), 9), (Text("环节", "Part"), 14), (Text("主播说", "Host says"), 60),
    (Text("助播 / 画面", "Assistant / screen"), 24), (Text("中控", "Control"), 24), (Text("用语提醒（条文与改法）", "Wording (article and change)"), 46),
)  # fmt: skip
_INPUTS = (
    (Text("输入", "Input"), 34),
    (Text("取值", "Value"), 14),
    (Text("依据", "Basis"), 26),
    (Text("来源", "Source"), 60),
)
_MISSING = (
    (Text("缺什么", "What is missing"), 34), (Text("字段", "Field"), 26), (Text("为什么要", "Why it matters"), 50), (Text("在哪找", "Where to find it"), 56),
)  # fmt: skip


def overview_sheet(cells: Cells, overview: Overview) -> None:
    """Every row is a fact of its own; the facts come before those of the sheets."""
    rows = overview.rows()
    if cells.ctx.shop.simulated:
        note = Text("以下数字来自演示店铺的模拟数据，不是真实经营数据", "These figures are of a demo shop's simulated data, not of a real business")  # fmt: skip
        first = [(cells.say(Text("注意", "Note")), cells.say(note))]
    else:
        first = []
    cells.add("overview", Text("概览", "Overview"), ((Text("项目", "Item"), 18), (Text("内容", "Content"), 110)), [*first, *((cells.say(label), fact.claim.get(cells.lang)) for label, fact in rows)])  # fmt: skip
    cells.facts = [fact for _, fact in rows] + cells.facts


def rundown_sheet(cells: Cells, pack: Pack) -> None:
    items = {item.sku: item for item in pack.brief.items}
    notes = {block.start: block.note for block in pack.made.plan.blocks} if pack.made else {}
    rows = []
    for cue in pack.script.cues:
        item = items.get(cue.sku)
        price = cells.money("price", item.price, cue.title) if item else ""
        above = item is not None and item.list_price is not None and item.list_price > item.price
        listed = cells.money("list_price", item.list_price, cue.title) if item and above else ""
        role = cells.say(ROLE_NAMES[cue.role]) if cue.role else ""
        extra = [cells.say(notes[cue.start])] if cue.start in notes and cue.link else []
        again = [cells.say(_AGAIN)] if cue.airing > 1 else []
        what = cue.title if cue.link else cells.say(_KINDS[cue.kind])
        rows.append((_span(pack, cue), str(cue.link or ""), what, role, price, listed, cells.say(cue.say), cells.say(cue.show), cells.say(cue.control), cells.joined([*again, *extra], zh="；", en="; ")))  # fmt: skip
    cells.add("rundown", Text("流程表", "Rundown"), _RUNDOWN, rows, "CP-SAT" if pack.made else "brief")


def _span(pack: Pack, cue: Cue) -> str:
    start = pack.start + timedelta(minutes=cue.start)
    end = pack.start + timedelta(minutes=cue.start + cue.minutes)
    return f"{start:%H:%M}–{end:%H:%M}" if cue.minutes else f"{start:%H:%M}"


def product_sheet(cells: Cells, pack: Pack) -> None:
    """In the order of the links; figures only where they are known."""
    plan = {c.sku: c for c in pack.made.plan.candidates} if pack.made else {}
    items = {item.sku: item for item in pack.brief.items}
    rows = []
    for loop in sorted(pack.script.loops, key=lambda one: one.link):
        item, known = items[loop.sku], plan.get(loop.sku)
        first = next((cue.start for cue in pack.script.cues if cue.sku == loop.sku), None)
        at = "" if first is None else f"{pack.start + timedelta(minutes=first):%H:%M}"
        talks = sum(cue.sku == loop.sku for cue in pack.script.cues)
        role = (known.role if known else item.role) or "hero"
        rows.append(
            (
                str(loop.link), loop.title, clean_name(item.sku), cells.say(ROLE_NAMES[role]), cells.money("price", item.price, loop.title),
                *_figures(cells, pack, item, known, loop), str(talks), at, _listed(cells, item.points), _listed(cells, item.proof),
                cells.joined((cells.say(ask_for(key)) for key in loop.missing), zh="；", en="; "),
            )
        )  # fmt: skip
    cells.add("products", Text("商品", "Products"), _PRODUCTS, rows, "brief, live_items, item_costs, stock_daily")


def _figures(cells: Cells, pack: Pack, item: Item, known: Candidate | None, loop: Loop) -> tuple[str, ...]:
    """Cost, left a piece, its share, refunds, stock, pieces expected, cover; empty cells where nobody knows."""
    cost, stock = item.cost, item.stock
    if pack.made is None or known is None:
        return cells.money("cost", cost, loop.title), "", "", cells.share("refund", item.refund, loop.title), cells.plain("stock", stock, loop.title), "", ""  # fmt: skip
    cost = pack.made.goods.costs.get(known.product_id) if cost is None else cost
    pieces = sum((block.units or Decimal(0) for block in pack.made.plan.talks() if block.sku == known.sku), Decimal(0))
    cover = None if known.stock is None or pieces <= 0 else Decimal(known.stock) / pieces
    return (
        cells.money("cost", cost, loop.title), cells.money("left_piece", known.margin, loop.title),
        cells.share("left_share", known.share, loop.title), cells.share("refund", known.refund, loop.title),
        cells.plain("stock", known.stock, loop.title), cells.plain("pieces", quantize(pieces, 1), loop.title, places=1),
        cells.plain("cover", cover, loop.title, places=1),
    )  # fmt: skip


def _listed(cells: Cells, rows: tuple[str, ...]) -> str:
    return cells.joined((clean_name(row, _PIECE) for row in rows), zh="；", en="; ")


def script_sheet(cells: Cells, pack: Pack) -> None:
    """Every loop beat by beat, what the wording rules say of it beside it."""
    rows = []
    for loop in pack.script.loops:
        for beat in loop.beats:
            flags = check_text(beat.say.zh, pack.category, cells.ctx.today) if beat.id != "bridge" else []
            at = f"{beat.start // 60}:{beat.start % 60:02d}"
            rows.append((str(loop.link), loop.title, at, cells.say(beat.label), cells.say(beat.say), cells.say(beat.show), cells.say(beat.control), "\n".join(dict.fromkeys(_flag(cells, one) for one in flags))))  # fmt: skip
    cells.add("script", Text("脚本", "Script"), _SCRIPT, rows, "seeds/livestream_script.yaml, seeds/compliance.yaml")


def _flag(cells: Cells, flag: Flag) -> str:
    zh = f"“{clean_name(flag.found)}”{_SEVERITY[flag.severity].zh}：{flag.why.zh}（《{flag.law}》{flag.article}）；改法：{flag.suggest.zh}"
    en = f'"{clean_name(flag.found)}" {_SEVERITY[flag.severity].en}: {flag.why.en} ({flag.law_en}, {flag.article_en}). Instead: {flag.suggest.en}'
    return cells.say(Text(zh, en))


def cost_sheet(cells: Cells, pack: Pack) -> None:
    """The P&L by line at a low, the expected and a high GMV; a line that is zero everywhere is left out."""
    facts = pack.costs
    if facts is None:
        return
    from tools.livestream.costs import sheet

    names = (Text("低", "Low"), Text("预计", "Expected"), Text("高", "High"))
    books = [sheet(costs) for _, costs in facts.scenario_costs()]
    columns = (
        (Text("项目", "Line"), 26),
        *((name, 16) for name in names),
        (Text("依据", "Basis"), 26),
        (Text("怎么算", "How"), 60),
    )
    rows = []
    for line in facts.sheet.lines:
        if not any(book.amount(line.key) for book in books):
            continue
        basis = facts.found.bases.get(line.key)
        rows.append((cells.say(LINES[line.key]), *(cells.money(f"cost_{line.key}", book.amount(line.key), name.zh) for name, book in zip(names, books, strict=True)), cells.say(basis_text(basis)) if basis else "", cells.say(_HOW.get(line.key, Text("", "")))))  # fmt: skip
    total = Text("剩下", "left")
    rows.append((cells.say(total), *(cells.money("profit", book.profit, name.zh) for name, book in zip(names, books, strict=True)), "", cells.say(Text("各行之和", "the sum of the lines"))))  # fmt: skip
    cells.add("costs", Text("成本", "Cost"), columns, rows, "brief, shop")


_HOW = {
    "paid": Text(
        "排品表预计件数 × 到手价；低、高按直播间自己的波动",
        "expected pieces x price; low and high by the room's own swings",
    ),
    "refunds": Text("支付 × 退款退货率", "paid x refunded share"),
    "cogs": Text("退后成交 × 货成本占比", "net sales x cost share"),
    "platform_fee": Text("退后成交 × 平台扣点", "net sales x platform fee"),
    "vat": Text("退后成交 × 税负", "net sales x VAT"),
    "parcels": Text("订单数 ×（发货快递 + 运费险）", "orders x (parcel + insurance)"),
    "returns": Text("退货订单 × 退货运费 + 退回不能再卖的货", "returns x return parcel + goods lost"),
    "commission": Text("佣金比例 × 结算口径", "commission x its base"),
    "ads": Text("支付 × 投流占比", "paid x ad share"),
    "hosts": Text("小时 × 时薪（主播和场控）", "hours x pay (hosts and crew)"),
    "fixed": Text("每月固定费用 × 这场小时 ÷ 每月开播小时", "monthly fixed cost x hours ÷ hours a month"),
}


def inputs_sheet(cells: Cells, pack: Pack) -> None:
    rows = [
        (cells.say(one.label), cells.figure(f"input.{one.key}", one.value, one.unit), cells.say(basis_text(one.basis)), cells.say(one.source))
        for one in pack.inputs.items_
    ]  # fmt: skip
    cells.add("inputs", Text("输入", "Inputs"), _INPUTS, rows)


def missing_sheet(cells: Cells, pack: Pack) -> None:
    """Inputs nobody gave, then what each product's script lacks, then what limits the plan."""
    rows = [(cells.say(one.label), one.key, cells.say(one.why), cells.say(one.where)) for one in pack.missing]
    why = Text("不补就只能在脚本里留【请补】，主播没有话讲", "else the script keeps a [Please add] and the host has nothing to say there")  # fmt: skip
    where = Text("写进需求里这个商品的同名字段", "write it into that item's field of the brief")
    groups: dict[tuple[str, ...], list[str]] = {}
    for loop in pack.script.loops:
        if loop.missing:
            groups.setdefault(loop.missing, []).append(loop.title)
    for keys, titles in groups.items():
        asked = cells.joined((cells.say(ask_for(key)) for key in keys), zh="、", en=", ")
        colon = "：" if cells.lang == "zh" else ": "
        rows.append((f"{cells.joined(titles)}{colon}{asked}", cells.joined((f"items.{key}" for key in keys), zh="、"), cells.say(why), cells.say(where)))  # fmt: skip
    note = Text("说明", "note")
    rows += [(cells.say(note), "", claim.get(cells.lang), "") for claim in pack.notes]
    cells.add("missing", Text("还缺", "Missing"), _MISSING, rows)
