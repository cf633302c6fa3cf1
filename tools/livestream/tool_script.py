"""The tool `live_script`: a session minute by minute and a loop per product, from product facts; what is missing is asked for by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from tools.base import ToolContext, tool
from tools.cases.vocabulary import guess_category
from tools.errors import BadArguments, ToolError
from tools.facts import Claim, Fact, Role, ToolResult, ToolTable
from tools.livestream.brief import Brief, Item, parse_brief
from tools.livestream.products_input import make_products
from tools.livestream.products_types import ROLE_NAMES, ProductPlan
from tools.livestream.script import ask_for
from tools.livestream.script_rundown import build_script
from tools.livestream.script_shop import shop_items
from tools.livestream.script_types import Cue, Loop, Script, clock
from tools.livestream.telling import Teller
from tools.livestream.tool_wording import flag_level
from tools.playbooks.compliance import Flag
from tools.playbooks.compliance_likeness import read_text
from tools.playbooks.render import clean_name
from tools.text import Text

__all__ = ["flagged", "live_script", "make_script", "plain_script", "script_tables"]

_LOOPS_SHOWN = 3
_SOURCE = "直播需求 items；seeds/livestream_script.yaml / items of the brief; seeds/livestream_script.yaml"
_GUIDANCE = (
    "Give the rundown, then the loop of the product asked for. You may reword a line, but it may claim only what is in the loop's facts; "
    "leave every 【请补】 as a question to the merchant. Flags come with their article: say them, never drop them silently."
)
_KINDS = {
    "opening": Text("开场", "opening"), "talk": Text("讲品", "product"), "coupon": Text("发券", "coupon"),
    "lottery": Text("抽奖", "lottery"), "interaction": Text("答疑", "questions"), "closing": Text("收尾", "closing"),
}  # fmt: skip


@tool(label=Text("写直播脚本", "writing the livestream script"), timeout_s=60)
def live_script(
    ctx: ToolContext, *, brief: dict[str, Any] | None = None, product: str = "", day: date | None = None
) -> ToolResult:
    """The livestream script: who says, shows and pins what at each minute, and a 6-8 minute loop per product from its own facts.

    Use for 直播脚本 / 话术 / 直播流程 / 主播怎么讲这个品 / write the host's lines. `brief` may hold session {start "19:30", lasting hours, coupons,
    lotteries, ai_host} and items [{sku, title, role, price, list_price, stock, points, proof, for_whom, not_for, gift, coupon, until,
    questions}]; without items the room's own are used. `product`: sku or title of the one to write. Never fill in a fact nobody gave:
    gaps come back as 【请补】. Every line is checked for wording.
    """
    told = parse_brief(brief) if brief is not None else Brief()
    script, notes, from_shop = make_script(ctx, told, product=product, day=day)
    return _Told(ctx, told, script, notes, from_shop).result()


def make_script(
    ctx: ToolContext, brief: Brief, *, product: str = "", day: date | None = None, plan: ProductPlan | None = None
) -> tuple[Script, list[Claim], bool]:
    """The script, its limits, and whether the items came from the shop's data. With a `plan`, in the plan's order and times.

    Raises BadArguments for a product that the brief does not hold, DataMissing when neither brief nor shop has an item.
    """
    notes: list[Claim] = []
    if day is not None:
        brief = brief.model_copy(update={"session": brief.session.model_copy(update={"day": day})})
    from_shop = not brief.items
    if plan is None and not product:
        brief, plan, why = _planned(ctx, brief)
        notes += [Claim.of(why)] if why else []
    if not brief.items:
        items, told = shop_items(ctx, product)
        brief, notes = brief.model_copy(update={"items": items}), [*notes, *told]
    script = build_script(brief, ctx.shop.currency, plan)
    if product:
        wanted = _named(brief.items, product).sku
        script = replace(script, cues=(), loops=tuple(loop for loop in script.loops if loop.sku == wanted))
    return script, notes, from_shop


def _planned(ctx: ToolContext, brief: Brief) -> tuple[Brief, ProductPlan | None, Text | None]:
    """The product plan of the session with the items it uses; without one, why not."""
    try:
        made = make_products(ctx, brief)
    except ToolError as error:
        why = error.message
        return brief, None, Text(f"没有按预计贡献排品，改为按角色轮流：{why.zh}", f"Not ordered by expected contribution but by role in turn: {why.en}")  # fmt: skip
    known = {item.sku: item for item in brief.items}
    items = tuple(known.get(c.sku) or Item(sku=c.sku, title=c.title, price=c.price, role=c.role, stock=c.stock) for c in made.plan.candidates)  # fmt: skip
    session = brief.session.model_copy(update={"start": made.start})
    return brief.model_copy(update={"items": items, "session": session}), made.plan, None


def _named(items: Sequence[Item], product: str) -> Item:
    wanted = product.strip().casefold()
    found = [item for item in items if item.sku.casefold() == wanted or item.title.casefold() == wanted]
    found = found or [item for item in items if wanted in item.title.casefold()]
    if len(found) == 1:
        return found[0]
    if len(items) == 1 and not found:
        return items[0]
    raise BadArguments.unknown(Text("商品", "product"), product, [item.title for item in found or items])


def flagged(script: Script, category: str, today: date) -> list[tuple[Text, Flag]]:
    """Every place in the spoken words that a rule points at, with where it is said. A bridge names the next item only, whose own loop is read."""
    spoken = [(Text(f"{loop.title}·{beat.label.zh}", f"{loop.title}, {beat.label.en}"), beat.say) for loop in script.loops for beat in loop.beats if beat.id != "bridge"]  # fmt: skip
    found, seen = [], set()
    for where, say in spoken:
        for flag in read_text(say.zh, category, today):
            if (flag.rule_id, flag.found) not in seen:
                seen.add((flag.rule_id, flag.found))
                found.append((where, flag))
    return found


@dataclass
class _Told:
    ctx: ToolContext
    brief: Brief
    script: Script
    notes: list[Claim]
    from_shop: bool
    flags: list[tuple[Text, Flag]] = field(default_factory=list)

    def result(self) -> ToolResult:
        shop = self.ctx.shop.category
        self.teller = Teller(self.ctx)
        self.flags = flagged(self.script, self.brief.category or guess_category(shop) or shop, self.ctx.today)
        facts = [self._headline(), *(self._loop(loop) for loop in self.script.loops[:_LOOPS_SHOWN])]
        facts += [self._flag(where, flag) for where, flag in self.flags[:5]]
        facts.append(self._labels())
        self._limits()
        return ToolResult(facts=facts, tables=script_tables(self.script, self.ctx), notes=self.notes, guidance=_GUIDANCE)  # fmt: skip

    def _headline(self) -> Fact:
        script, write = self.script, self.teller.write
        items = write("items", len(script.loops), "items")
        minutes = write("minutes", script.minutes, "number", Role.SAMPLE)
        airings = write("airings", sum(cue.kind == "talk" for cue in script.cues), "times", Role.SAMPLE)
        if not script.cues:
            return self._fact("script", self._single(script.loops[0]), [], data={"script": plain_script(script)})
        gaps = sorted({(loop.sku, key) for loop in script.loops for key in loop.missing})
        missing = write("gaps", len(gaps), "count", Role.TARGET)
        start, end = clock(script.start, 0), clock(script.start, script.minutes)
        zh = f"脚本好了：{start} 到 {end}（{_whole(minutes.zh)} 分钟），{items.zh.strip()}商品讲 {airings.zh.strip()}，每分钟谁说、屏幕上放什么、中控做什么都在表里；还缺 {missing.zh} 处资料，用【请补】标出，没有编。"
        en = f"The script runs {start} to {end} ({_whole(minutes.en)} minutes): {items.en.strip()}, {airings.en.strip()} on air, with who speaks, what is on screen and what control does; {missing.en} gaps are marked [Please add], nothing was made up."
        return self._fact("script", Text(zh, en), [start, end], data={"script": plain_script(script)})

    def _single(self, loop: Loop) -> Text:
        """The headline when one product was asked for."""
        minutes = self.teller.write("loop_minutes", Decimal(loop.seconds) / 60, "number")
        missing = self.teller.write("gaps", len(loop.missing), "count", Role.TARGET)
        tail = Text(f"还缺 {missing.zh} 处资料，用【请补】标出，没有编", f"{missing.en} gaps are marked [Please add], nothing was made up") if loop.missing else Text(f"资料齐了（缺 {missing.zh} 处）", f"complete ({missing.en} gaps)")  # fmt: skip
        return Text(f"“{loop.title}”的话术好了，一轮 {_whole(minutes.zh)} 分钟，逐段写明主播说什么、屏幕上放什么、中控做什么；{tail.zh}。", f'The lines for "{loop.title}" are ready, one loop of {_whole(minutes.en)} minutes, part by part with screen and control; {tail.en}.')  # fmt: skip

    def _loop(self, loop: Loop) -> Fact:
        seconds = self.teller.write("loop_minutes", Decimal(loop.seconds) / 60, "number")
        hook = loop.beats[0].say
        asked = [ask_for(key) for key in loop.missing]
        need = Text("，还要补：" + "、".join(a.zh for a in asked), "; still to add: " + ", ".join(a.en for a in asked)) if asked else Text("，资料齐了", "; complete")  # fmt: skip
        link = self.teller.write("link", loop.link, "count")
        zh = f"{link.zh} 号链接“{loop.title}”一轮 {_whole(seconds.zh)} 分钟{need.zh}。开头：{hook.zh}"
        en = f'Link {link.en}, "{loop.title}": one loop of {_whole(seconds.en)} minutes{need.en}. It opens: {hook.en}'
        names = [loop.title, *hook, *(text for pair in loop.facts.values() for text in pair), *(a for pair in asked for a in pair)]  # fmt: skip
        return self._fact(f"loop {loop.sku}", Text(zh, en), names, data={"section": "how", "sku": loop.sku, "facts": {k: v._asdict() for k, v in loop.facts.items()}, "missing": list(loop.missing)})  # fmt: skip

    def _flag(self, where: Text, flag: Flag) -> Fact:
        found = clean_name(flag.found)
        level = flag_level(flag)
        zh = f"用语提醒（{where.zh}）：“{found}”{level.zh}，{flag.why.zh}（《{flag.law}》{flag.article}）；改法：{flag.suggest.zh}。"
        en = f'Wording ({where.en}): "{found}" {level.en}: {flag.why.en} ({flag.law_en}, {flag.article_en}). Instead: {flag.suggest.en}.'
        names = [found, *where, flag.law, flag.law_en, flag.article, flag.article_en, *flag.why, *flag.suggest]
        return self._fact(f"flag {flag.rule_id} {found}", Text(zh, en), names, data={"section": "why", "rule": flag.rule_id, "severity": flag.severity})  # fmt: skip

    def _labels(self) -> Fact:
        if self.script.ai_host:
            zh = "数字人出镜：画面全程标“数字人主播 · AI 生成”，口播也说明，不得遮挡或只在开头出现（直播电商监督管理办法，2026-02-01 起；人工智能生成合成内容标识办法，2025-09-01 起；条号以原文为准）。"
            en = 'A digital host is on air: label it throughout ("digital host, AI-generated"), say so as well, never cover it or show it at the start only (livestream e-commerce measures from 2026-02-01; AI-label measures from 2025-09-01; check the articles).'
        else:
            zh = "如果用数字人或 AI 生成的图、声、模特，要全程持续标识（直播电商监督管理办法 2026-02-01 起、人工智能生成合成内容标识办法 2025-09-01 起）；真人主播照常。"
            en = "If a digital host or AI-made pictures, voices or models are used, they must be labelled throughout (measures in force from 2026-02-01 and 2025-09-01); a human host needs none."
        return self._fact("labels", Text(zh, en), ["2026-02-01", "2025-09-01"], data={"section": "how"})

    def _fact(self, what: str, claim: Text, names: Sequence[str], data: dict[str, Any]) -> Fact:
        return self.teller.fact(f"script {what}", claim, source=_SOURCE, entities=names, data=data, from_shop=self.from_shop)  # fmt: skip

    def _limits(self) -> None:
        texts = []
        if not self.script.planned and len(self.script.loops) > 1:
            texts.append(Text("商品按引流、承接、主推、利润、形象轮流排，没有按预计贡献优化；要优化先排品（live_products）。", "Items take turns by role (hook, bridge, hero, profit, image), not by expected contribution; plan products first to optimise."))  # fmt: skip
        if len(self.script.loops) > _LOOPS_SHOWN:
            texts.append(Text("逐句话术表只列前几个商品，其余用 product 指定。", "The table of lines lists the first products; name another with product."))  # fmt: skip
        texts.append(Text("一轮各段的时长来自公开脚本的归纳（可信度中），按你们主播的节奏改；价格、库存、资质以开播当天页面为准。", "The length of each part is drawn from public scripts (medium confidence): fit it to your host; price, stock and certificates as on the page that day."))  # fmt: skip
        self.notes += [Claim.of(text) for text in texts]


def _whole(number: str) -> str:
    return number.removesuffix(".00")


def script_tables(script: Script, ctx: ToolContext) -> list[ToolTable]:
    """The rundown (who says, shows, pins what) and the lines of the first products."""
    lang, zh = ctx.lang, ctx.lang == "zh"

    def cue_row(cue: Cue) -> tuple[str, ...]:
        what = f"{cue.link} · {cue.title}" if cue.link else _KINDS[cue.kind].get(lang)
        if cue.role:
            what += f"（{ROLE_NAMES[cue.role].zh}）" if zh else f" ({ROLE_NAMES[cue.role].en})"
        until = f"–{clock(script.start, cue.start + cue.minutes)}" if cue.minutes else ""
        return f"{clock(script.start, cue.start)}{until}", what, cue.say.get(lang), cue.show.get(lang), cue.control.get(lang)  # fmt: skip

    heads = ("时间", "环节", "主播开口", "画面 / 助播", "中控") if zh else ("Time", "What", "Host opens", "Screen / assistant", "Control")  # fmt: skip
    lines = ("链接", "时间点", "环节", "主播说", "画面 / 助播", "中控") if zh else ("Link", "At", "Part", "Host says", "Screen / assistant", "Control")  # fmt: skip
    rows = tuple(
        (f"{loop.link} · {loop.title}", f"{beat.start // 60}:{beat.start % 60:02d}", beat.label.get(lang), beat.say.get(lang), beat.show.get(lang), beat.control.get(lang))
        for loop in script.loops[:_LOOPS_SHOWN] for beat in loop.beats
    )  # fmt: skip
    rundown = ToolTable(title=Claim(zh="逐分钟流程", en="Minute by minute"), columns=heads, rows=tuple(map(cue_row, script.cues)))  # fmt: skip
    return [
        *([rundown] if script.cues else []),
        ToolTable(title=Claim(zh="单品话术", en="Lines per product"), columns=lines, rows=rows),
    ]  # fmt: skip


def plain_script(script: Script) -> dict[str, Any]:
    """The script as plain JSON, for a page, a file, or a check of a model's own words."""
    return {
        "start": clock(script.start, 0), "minutes": script.minutes, "ai_host": script.ai_host, "planned": script.planned,
        "cues": [
            {"kind": cue.kind, "at": clock(script.start, cue.start), "minutes": cue.minutes, "sku": cue.sku, "link": cue.link, "airing": cue.airing, "host": cue.say._asdict(), "assistant": cue.show._asdict(), "control": cue.control._asdict()}
            for cue in script.cues
        ],
        "loops": [
            {"sku": loop.sku, "title": loop.title, "link": loop.link, "facts": {name: text._asdict() for name, text in loop.facts.items()}, "missing": list(loop.missing), "beats": [
                {"id": beat.id, "start": beat.start, "seconds": beat.seconds, "host": beat.say._asdict(), "assistant": beat.show._asdict(), "control": beat.control._asdict(), "uses": list(beat.uses), "missing": list(beat.missing)} for beat in loop.beats]}
            for loop in script.loops
        ],
    }  # fmt: skip
