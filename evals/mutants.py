"""True statements of the planner over the demo shops, and mutants of each that a checker must withhold. Knows nothing of the checker."""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from advisor.app import build_service, load_settings, quiet_third_parties
from advisor.brains.base import Draft, TurnView
from advisor.brains.planner import PlannerBrain
from advisor.scope import Scope
from tools.text import Lang
from tools.warehouse.demo import create_demo

__all__ = ["Told", "mutants", "planner_statements"]

_QUESTIONS: dict[Lang, tuple[str, ...]] = {
    "zh": ("10月份卖了多少钱？", "上个月销售额为什么掉了？接下来做什么，怎么做？", "10月的转化率和9月比怎么样", "各渠道10月的访客占比", "10月会员成交占比多少", "10月退款率为什么变化", "客单价怎么变了，怎么办", "10月新客老客各贡献多少", "哪些商品卖得最好", "10月广告投产怎么样"),
    "en": ("what was our revenue last month", "Why did sales change last month? What should we do next, and how?", "How did conversion in October compare with September?", "Share of visitors by traffic source in October", "What share of GMV came from members in October?", "Why did the refund rate change in October?", "Why did spend per buyer change and what should we do?", "New versus returning customers in October", "Which products sell best?", "How did ads do in October?"),
}  # fmt: skip
_SHOPS = ("demo-skincare", "demo-snacks")
_FIGURE = re.compile(
    r"(?P<sign>[¥£])?(?<![\d.,])(?P<n>\d[\d,]*(?:\.\d+)?)(?P<u>\s*(?:万元|元|%|个百分点|人|单|件|pp\b|visitors|buyers|orders))?"
)
_DIRECTIONS = (("增加", "减少"), ("升到", "降到"), ("拉高", "拉低"), ("高", "低"), ("多", "少"), (" up ", " down "), (" rose ", " fell "), ("higher", "lower"))  # fmt: skip
_METRICS = (("支付金额", "净成交"), ("访客数", "支付买家数"), ("支付转化率", "退款率"), ("笔单价", "退款金额"), ("GMV", "ad spend"), ("Conversion rate", "Refund rate"), ("Order value", "Refunded amount"), ("Visitors", "Buyers"))  # fmt: skip
_MONTHS_ZH = re.compile(r"(?<=年)(\d{1,2})(?=月)")
_MONTHS_EN = re.compile(r"\b(September|October)\b")
_MARK = re.compile(r"\[[a-z]\d+\]")


@dataclass(frozen=True)
class Told:
    """A draft of the planner with all that the check is given about it."""

    draft: Draft
    view: TurnView

    @property
    def lang(self) -> Lang:
        return self.view.frame.lang

    def said(self) -> list[str]:
        """The tools' own words of this turn that carry no figure to cite."""
        outcomes = self.view.outcomes
        errors = [o.error.get(self.lang) for o in outcomes if o.error is not None]
        return errors + [note.get(self.lang) for o in outcomes if o.result for note in o.result.notes]


class _Listening(PlannerBrain):
    """The planner, each of whose drafts is kept."""

    def __init__(self, sink: list[Told]) -> None:
        super().__init__()
        self._sink = sink

    async def statements(self, turn: TurnView) -> AsyncIterator[Draft]:
        async for draft in super().statements(turn):
            self._sink.append(Told(draft, turn))
            yield draft


async def planner_statements(workspace: Path, questions: Sequence[tuple[Lang, str]] | None = None) -> list[Told]:
    """Every draft of the planner to the questions about both demo shops, which are made where they are missing."""
    quiet_third_parties()
    if not (workspace / "warehouse").exists():
        create_demo(workspace / "warehouse")
    told: list[Told] = []
    service = build_service(load_settings(workspace=workspace), planner=lambda: _Listening(told))
    try:
        for shop in _SHOPS:
            for lang, question in questions or [(lang, q) for lang, qs in _QUESTIONS.items() for q in qs]:
                await service.answer(Scope(shop, "eval"), question, brain="planner", lang=lang)
    finally:
        await service.aclose()
    return told


def mutants(text: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Kind and text of untrue versions of a true statement, each with one thing changed."""
    for match in _FIGURE.finditer(text):
        if match["sign"] or match["u"]:
            first = match.start("n")
            digit = rng.choice([d for d in "123456789" if d != text[first]])
            yield "value", text[:first] + digit + text[first + 1 :]
            yield from _units(text, match)
    for pairs, kind in ((_DIRECTIONS, "direction"), (_METRICS, "metric")):
        yield from ((kind, other) for other in _swapped(text, pairs))
    for match in _MONTHS_ZH.finditer(text):
        yield "window", text[: match.start()] + str(rng.choice([1, 2, 3, 4, 5, 6])) + text[match.end() :]
    for match in _MONTHS_EN.finditer(text):
        yield "window", text[: match.start()] + rng.choice(["February", "April", "June"]) + text[match.end() :]
    if _MARK.search(text) and _FIGURE.search(text):
        yield "mark", _MARK.sub("", text)
        yield "mark", _MARK.sub("[m99]", text, count=1)


def _units(text: str, match: re.Match[str]) -> Iterator[tuple[str, str]]:
    unit = (match["u"] or "").strip()
    other = {"万元": "元", "%": " pp", "个百分点": "%", "pp": "%", "人": "单", "单": "人", "visitors": "orders", "buyers": "items", "orders": "buyers"}.get(unit)  # fmt: skip
    if other:
        yield "unit", text[: match.start("u")] + other + text[match.end("u") :]
    if match["sign"]:
        yield "currency", text[: match.start("sign")] + ("£" if match["sign"] == "¥" else "¥") + text[match.end("sign") :]  # fmt: skip


def _swapped(text: str, pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    """One word for its counterpart, where a figure follows at once."""
    for one, other in pairs:
        for was, now in ((one, other), (other, one)):
            for match in re.finditer(rf"{re.escape(was)}(?=[^，。,.;；]{{0,18}}\d)", text):
                yield text[: match.start()] + now + text[match.end() :]
                break
