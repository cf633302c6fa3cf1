"""An explanation as facts in reading order: factors, causes with their events, checks, and what was missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from tools.base import ToolContext
from tools.facts import Claim, Fact, Quantity, Role, ToolTable, Window
from tools.metrics.catalog import catalog, table_text
from tools.metrics.drivers import Cause, Driver, Event, Explanation
from tools.metrics.explained_words import AGAINST, LMDI, MIX, READ_FROM, cause_claim, moved
from tools.metrics.windows import when_en, window_text
from tools.metrics.wording import make_fact, quantities_of, say
from tools.text import Lang, Text, format_value

__all__ = ["Writer"]

ZERO = Decimal(0)


class Writer:
    """Facts of an explanation, in reading order."""

    def __init__(self, ctx: ToolContext, found: Explanation, source: Callable[[Sequence[str]], str]) -> None:
        self.ctx, self.found, self.source = ctx, found, source
        self.money = ctx.shop.currency
        self.unit = "pp" if found.unit == "ratio" else found.unit
        self.key = (found.metric, found.window, found.previous)

    def _source(self, name: str) -> str:
        return self.source(READ_FROM.get(name, ("orders",)))

    def factors(self) -> list[Fact]:
        return [self._factor(driver, rank) for rank, driver in enumerate(self.found.factors[:4], 1)]

    def _factor(self, driver: Driver, rank: int) -> Fact:
        quantities = [*self._own(driver), self._part(driver.contribution, self.unit, self.found.metric, driver.subject)]
        if abs(driver.share) <= 2:
            quantities.append(
                quantities[-1].model_copy(update={"value": driver.share, "unit": "ratio", "role": Role.SHARE})
            )
        move = moved(driver, self.found.window, self.found.previous)
        part = say(driver.contribution, self.unit, signed=True)
        target, now = catalog()[self.found.metric].name, when_en(self.found.window)
        claim = Text(
            f"拆解：{driver.label.zh}{move.zh}，对应{target.zh} {part.zh}。",
            f"{driver.label.en[:1].upper()}{driver.label.en[1:]} {move.en}; by decomposition that is {part.en} of {target.en} {now}.",
        )
        return make_fact(
            self.ctx,
            ("factor", driver.id, driver.label.en, *self.key),
            claim,
            quantities,
            topic="factor",
            rank=rank,
            formula=LMDI,
            source=self._source(driver.id),
            why_class=driver.why_class,
            entities=driver.subject,
            driver_id=driver.id,
            direction=_sign(driver.contribution),
        )

    def _own(self, driver: Driver) -> list[Quantity]:
        if driver.after is None:
            return []
        return quantities_of(
            driver.metric,
            driver.unit,
            self.found.window,
            driver.after,
            before=driver.before,
            previous=self.found.previous,
            subject=driver.subject,
        )

    def _part(self, value: Decimal, unit: str, metric: str, subject: tuple[str, ...]) -> Quantity:
        return Quantity(
            metric=metric, value=value, unit=unit, role=Role.CONTRIBUTION, window=self.found.window, subject=subject
        )

    def causes(self) -> list[Fact]:
        facts = []
        for rank, cause in enumerate(self.found.causes, 1):
            facts.append(self._cause(cause, rank))
            if cause.event is not None:
                facts.append(self._event(cause.event, cause, rank))
        told = {cause.event for cause in self.found.causes}
        others = [event for event in self.found.events if event not in told]
        facts += [self._event(event, None, len(self.found.causes) + k) for k, event in enumerate(others[:3], 1)]
        if self.unit == "pp":
            return facts + [self._group(driver, rank) for rank, driver in enumerate(self.found.entities[:3], 1)]
        if not self.found.causes:
            facts += [self._entity(driver, rank) for rank, driver in enumerate(self._along(), 1)]
        return facts

    def _along(self) -> list[Driver]:
        """Without a standout: the largest parts in the direction of the change, as plain decomposition."""
        change = self.found.change or ZERO
        parts = [
            d
            for d in self.found.entities
            if d.contribution * change > 0 and d.id in ("traffic_source", "product", "channel")
        ]
        return sorted(parts, key=lambda driver: -abs(driver.contribution))[:2]

    def _cause(self, cause: Cause, rank: int) -> Fact:
        driver = cause.entity
        own = driver if driver.id in ("traffic_source", "product", "stock_out", "ad_plan") else None
        exact = own is not None and own.id != "ad_plan"
        amount = driver.contribution if exact else cause.amount
        part = self._part(amount, self.money, "gmv", driver.subject)
        claim = cause_claim(cause, say(amount, self.money, signed=True), self.found.window, self.found.previous)
        names = [
            *driver.subject,
            *(cause.event.subject if cause.event else ()),
            *(cause.within.subject if cause.within else ()),
        ]
        within = cause.within.label.zh if cause.within else ""
        return make_fact(
            self.ctx,
            ("entity", driver.id, driver.key, *self.key),
            claim,
            [*self._own(driver), part],
            topic="entity",
            rank=rank,
            formula=AGAINST,
            source=self._source(driver.id),
            why_class=driver.why_class,
            entities=names,
            driver_id=driver.id,
            factor=cause.factor,
            event=cause.event.kind if cause.event else "",
            within=within,
            primary=rank == 1,
            direction=_sign(cause.amount),
        )

    def _group(self, driver: Driver, rank: int) -> Fact:
        """First-time buyers of one origin: their share, their own rate, and the points of the change they make."""
        old, new = driver.weight or (ZERO, ZERO)
        part, mix = say(driver.contribution, "pp", signed=True), say(driver.mix or ZERO, "pp", signed=True)
        weights, move = (say(old, "ratio"), say(new, "ratio")), moved(driver, self.found.window, self.found.previous)
        own = Text("", "")
        if driver.before is not None and driver.after is not None:
            own = Text(f"，他们的 90 天复购率{move.zh}", f"; their 90-day repurchase {move.en}")
        now, then = when_en(self.found.window), when_en(self.found.previous)
        claim = Text(
            f"首单来自“{driver.label.zh}”的新客占比，{window_text(self.found.previous).zh}是 {weights[0].zh}，"
            f"{window_text(self.found.window).zh}是 {weights[1].zh}{own.zh}；拆解后对应 {part.zh}，其中人群占比变化 {mix.zh}。",
            f'First-time buyers from "{driver.label.en}" were {weights[1].en} of all {now}, against {weights[0].en} {then}{own.en};'
            f" by decomposition that is {part.en} {now}, of which {mix.en} by the mix of buyers.",
        )
        target, subject = self.found.metric, driver.subject
        share = Quantity(
            metric="new_buyers", value=new, unit="ratio", role=Role.SHARE, window=self.found.window, subject=subject
        )
        before = share.model_copy(update={"value": old, "window": self.found.previous})
        quantities = [
            *self._own(driver),
            share,
            before,
            self._part(driver.contribution, "pp", target, subject),
            self._part(driver.mix or ZERO, "pp", target, subject),
        ]
        return make_fact(
            self.ctx,
            ("group", driver.key, *self.key),
            claim,
            quantities,
            topic="entity",
            rank=rank,
            formula=MIX,
            source=self._source(driver.id),
            why_class=driver.why_class,
            entities=subject,
            driver_id=driver.id,
            primary=rank == 1,
            direction=_sign(driver.contribution),
        )

    def _entity(self, driver: Driver, rank: int) -> Fact:
        part = say(driver.contribution, self.money, signed=True)
        claim = Text(
            f"按来源、商品和渠道拆开看，“{driver.label.zh}”的支付金额变化 {part.zh}，没有哪一项明显偏离它自己的历史。",
            f'Cut by source, product and channel, GMV of "{driver.label.en}" changed by {part.en}; none departs clearly from its own history.',
        )
        quantity = self._part(driver.contribution, self.money, "gmv", driver.subject)
        return make_fact(
            self.ctx,
            ("part", driver.id, driver.key, *self.key),
            claim,
            [quantity],
            topic="entity",
            rank=rank,
            source=self._source(driver.id),
            why_class=driver.why_class,
            entities=driver.subject,
            driver_id=driver.id,
            primary=False,
            direction=_sign(driver.contribution),
        )

    def _event(self, event: Event, cause: Cause | None, rank: int) -> Fact:
        window = Window(start=event.start, end=event.end or max(event.start, self.found.window.end))
        claim = Text(f"{event.label.zh}。", f"{event.label.en[:1].upper()}{event.label.en[1:]}.")
        quantities = event.quantities or (
            Quantity(metric=event.kind, value=Decimal(window.days), unit="days", window=window, subject=event.subject),
        )
        return make_fact(
            self.ctx,
            ("event", event.kind, event.entity, event.start, *self.key),
            claim,
            quantities,
            topic="event",
            rank=rank,
            source=self._source(f"turned {event.turned}" if event.turned else event.kind),
            why_class=event.why_class,
            entities=(*event.subject, event.label.zh, event.label.en),
            event=event.kind,
            turned=event.turned,
            driver_id=cause.entity.id if cause else event.kind,
            start=str(event.start),
            end=str(event.end) if event.end else "",
        )

    def checks(self) -> list[Fact]:
        order = {"warn": 0, "unknown": 1, "ok": 2}
        ranked = sorted(self.found.checks, key=lambda check: order[check.verdict])
        facts = []
        for rank, check in enumerate(ranked, 1):
            tail = check.unlock
            claim = (
                check.text
                if tail is None
                else Text(
                    f"{check.text.zh}导出“{tail.zh}”即可分辨。",
                    f"{check.text.en} It would take this export: {tail.en}.",
                )
            )
            facts.append(
                make_fact(
                    self.ctx,
                    ("check", check.id, check.text.en, *self.key),
                    claim,
                    check.quantities,
                    topic="check",
                    rank=rank,
                    source=self._source(check.id),
                    why_class=None,
                    check=check.id,
                    verdict=check.verdict,
                )
            )
        return facts

    def missing(self) -> list[Fact]:
        facts = []
        for rank, gap in enumerate(self.found.missing[:4], 1):
            name = table_text(gap.table)
            claim = Text(
                f"没有“{name.zh}”数据，原因只能拆到这里；导出后拖进来即可：{gap.unlock.zh}。",
                f'Without "{name.en}" data the why stops here; this export takes it further: {gap.unlock.en}.',
            )
            facts.append(
                make_fact(
                    self.ctx, ("missing", gap.table, *self.key), claim, (), topic="missing", rank=rank, table=gap.table
                )
            )
        return facts

    def tables(self) -> list[ToolTable]:
        lang = self.ctx.lang
        rows = [
            (
                d.label.get(lang),
                _cell(d.before, d.unit, lang),
                _cell(d.after, d.unit, lang),
                format_value(d.contribution, self.unit, lang, signed=True),
            )
            for d in self.found.factors
        ]
        if not rows:
            return []
        head = ("因素", "之前", "现在", "影响") if lang == "zh" else ("factor", "before", "now", "effect")
        return [ToolTable(title=Claim(zh="变化拆解", en="What the change is made of"), columns=head, rows=tuple(rows))]


def _cell(value: Decimal | None, unit: str, lang: Lang) -> str:
    return "" if value is None else format_value(value, unit, lang)


def _sign(value: Decimal) -> str:
    return "up" if value > 0 else "down" if value < 0 else "flat"
