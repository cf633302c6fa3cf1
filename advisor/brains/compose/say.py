"""Writing one clause: figures as the product writes them, windows in words, verbs that agree with the direction."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

from advisor.brains.compose.pieces import Piece, Pieces
from tools.facts import Quantity, Role, Window
from tools.metrics.catalog import catalog
from tools.metrics.drivers import FACTOR_NAMES
from tools.metrics.windows import window_text
from tools.text import Lang, Text, format_value, is_money

__all__ = ["FLAT", "Say"]

FLAT = Decimal("0.01")  # under one per cent a change is told as "about the same"
_LONGEST_MONTH = 31
_RATIO_UNITS = ("ratio", "pp")
_COUNTS = ("orders", "buyers", "visitors", "items", "days", "rows", "times", "count")
_GROUPS = ("new_buyers", "returning_buyers", "buyers")
_CHANNELS = {
    "shelf": Text("货架", "shelf"),
    "live": Text("直播", "livestream"),
    "kol": Text("达人", "influencers"),
    "other": Text("其他渠道", "other channels"),
    "(others)": Text("其余", "all others"),
    "(difference)": Text("与全店的差额", "the difference to the whole"),
}
_GAP = re.compile(r"(?<=[\u4e00-\u9fff”]) (?=[\u4e00-\u9fff“])")
_OPENING = re.compile(r"^(?:This|The|A|An|There|No|It|That|Neither|History)\b")


def _is_month(window: Window) -> bool:
    return window.start.day == 1 and (window.end + timedelta(days=1)).day == 1 and window.days <= _LONGEST_MONTH


def _year_before(day: date) -> date | None:
    return None if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 1)


class Say:
    """Clauses in one language. Every figure in them is a quantity of the piece it is taken from."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang

    @property
    def zh(self) -> bool:
        return self.lang == "zh"

    def t(self, zh: str, en: str) -> str:
        return zh if self.zh else en

    def value(self, quantity: Quantity, *, signed: bool = False, size: bool = False) -> str:
        """`size` leaves the sign to the words around the figure."""
        value = abs(quantity.value) if size else quantity.value
        return format_value(value, quantity.unit, self.lang, signed=signed).strip()

    def window(self, window: Window | None) -> str:
        return window_text(window).get(self.lang) if window else ""

    def base(self, now: Window | None, before: Window | None) -> str:
        """The window compared with, named by its place before `now` where it is the one just before or a year earlier."""
        if now is None or before is None:
            return self.window(before)
        if _is_month(now) and _is_month(before) and before.end + timedelta(days=1) == now.start:
            return self.t("前一个月", "the month before")
        if before.end + timedelta(days=1) == now.start and before.days == now.days > 1:
            return self.t("上一周期", "the period before")  # as Sycm calls it
        if _year_before(now.start) == before.start and _year_before(now.end) == before.end:
            return self.t("去年同期", "the same period a year earlier")
        return self.window(before)

    def metric(self, metric_id: str) -> str:
        found = catalog().get(metric_id)
        if found is not None:
            return found.name.get(self.lang)
        named = FACTOR_NAMES.get(metric_id)
        return named.get(self.lang) if named else metric_id.replace("_", " ")

    def driver(self, piece: Piece) -> str:
        """What a driver is called: its factor name (a group with the figure it is measured by), its subject, else its metric."""
        named = FACTOR_NAMES.get(piece.driver)
        if piece.driver == "orders" and is_money(piece.fact.unit):
            return self.t("没有买家标识的订单", "orders without a buyer id")
        if named is not None and piece.driver in _GROUPS and piece.metric in catalog() and piece.metric != piece.driver:
            own = self.metric(piece.metric)
            return self.t(f"{named.zh}的{own}", f"{own} of {named.en}")
        if named is not None:
            return named.get(self.lang)
        return self.name(piece) if piece.subject else self.metric(piece.metric)

    def name(self, piece: Piece) -> str:
        """The subject in quotes; the product's own words for its channels."""
        subjects = next((q.subject for q in piece.fact.quantities if q.subject), ())
        if piece.topic == "row" and len(subjects) == 2:  # the same label in both languages
            return subjects[0 if self.zh else 1]
        label = _CHANNELS.get(piece.subject)
        return label.get(self.lang) if label else self.quote(piece.subject)

    def driver_whole(self, pieces: Pieces) -> str:
        """The metric that the parts add up to."""
        return self.metric(pieces.whole.metric) if pieces.whole else ""

    def bare(self, quantity: Quantity) -> str:
        """A count without its noun, for the first half of "from 256,000 to 210,000 visitors"."""
        unit = "count" if quantity.unit in _COUNTS else quantity.unit
        return format_value(quantity.value, unit, self.lang).strip()

    def shift(self, before: Quantity, now: Quantity) -> str:
        """ "从 256,000 降到 210,000 人", "fell from 256,000 to 210,000"."""
        up = now.value > before.value
        if self.zh:
            return f"从 {self.bare(before)} {'升到' if up else '降到'} {self.value(now)}"
        return f"{'rose' if up else 'fell'} from {self.bare(before)} to {self.bare(now)}"

    def good(self, metric_id: str, sign: int) -> bool | None:
        """Whether that direction is welcome; None where it is neither."""
        found = catalog().get(metric_id)
        if found is None or found.direction == "neutral" or not sign:
            return None
        return (sign > 0) == (found.direction == "up_good")

    def quote(self, name: str) -> str:
        return f"“{name}”" if self.zh else f'"{name}"'

    def join(self, *parts: str) -> str:
        """Clauses to one sentence."""
        kept = [part.strip().rstrip("。.；; ") for part in parts if part and part.strip()]
        if not kept:
            return ""
        if self.zh:
            return _GAP.sub("", "；".join(kept)) + "。"
        body = "; ".join([kept[0], *(_OPENING.sub(lambda m: m.group().lower(), part) for part in kept[1:])])
        return body[0].upper() + body[1:] + "."

    def level(self, piece: Piece) -> str:
        """ "2026年10月支付金额 128.44 万元[m1]"; empty when the value is missing."""
        now = piece.q(Role.VALUE)
        if now is None:
            return ""
        name = self.metric(now.metric)
        if self.zh:
            return f"{self.window(now.window)}{name} {self.value(now)}{piece.cite}"
        return f"{name} for {self.window(now.window)}: {self.value(now)}{piece.cite}"

    def moved(self, piece: Piece) -> str:
        """Level and change against the comparison window, in one clause."""
        now, before = piece.q(Role.VALUE), piece.q(Role.PREVIOUS)
        change, rate = piece.q(Role.CHANGE), piece.q(Role.CHANGE_RATE)
        if now is None:
            return ""
        if before is None:
            return self.level(piece)
        small = rate is not None and abs(rate.value) < FLAT and now.unit not in _RATIO_UNITS
        if small or self.level_same(piece):
            return self._flat(piece, now, before)
        if now.unit in _RATIO_UNITS or change is None or not (is_money(now.unit) or rate):
            return self._from_to(piece, now, before, change)
        return self._by(piece, now, before, change, rate)

    def level_same(self, piece: Piece) -> bool:
        """Value and comparison read the same once written."""
        now, before = piece.q(Role.VALUE), piece.q(Role.PREVIOUS)
        return now is not None and before is not None and self.value(now) == self.value(before)

    def _flat(self, piece: Piece, now: Quantity, before: Quantity) -> str:
        name, cite, base = self.metric(now.metric), piece.cite, self.base(now.window, before.window)
        full = base == self.window(before.window)  # a base named by its place needs no figure of its own
        if self.zh:
            beside = f"{base}的 {self.value(before)} " if full else base
            return f"{self.window(now.window)}{name} {self.value(now)}，和{beside}基本持平{cite}"
        beside = f"{self.value(before)} in {base}" if full else base
        return f"{name} for {self.window(now.window)}: {self.value(now)}, about the same as {beside}{cite}"

    def _from_to(self, piece: Piece, now: Quantity, before: Quantity, change: Quantity | None) -> str:
        name, cite, sign = self.metric(now.metric), piece.cite, piece.sign
        base = self.base(now.window, before.window)
        extra = f"（{self.value(change, signed=True)}）" if change is not None and self.zh else ""
        if change is not None and not self.zh:
            extra = f" ({self.value(change, signed=True)})"
        if not sign:
            return self._flat(piece, now, before)
        if change is not None and base != self.window(before.window):
            size = self.value(change, size=True)
            if self.zh:
                return f"{self.window(now.window)}{name} {self.value(now)}，比{base}{'高' if sign > 0 else '低'} {size}{cite}"
            up = "up" if sign > 0 else "down"
            return f"{name} for {self.window(now.window)}: {self.value(now)}, {up} {size} on {base}{cite}"
        if self.zh:
            verb = "高于" if sign > 0 else "低于"
            return f"{self.window(now.window)}{name} {self.value(now)}，{verb}{base}的 {self.bare(before)}{extra}{cite}"
        verb = "rose" if sign > 0 else "fell"
        return (
            f"{name} {verb} from {self.bare(before)} in {base} "
            f"to {self.value(now)} in {self.window(now.window)}{extra}{cite}"
        )

    def _by(self, piece: Piece, now: Quantity, before: Quantity, change: Quantity, rate: Quantity | None) -> str:
        name, moved = self.metric(now.metric), self.more(change)
        if self.zh:
            tail = f"（{self.value(rate, signed=True)}）" if rate else ""
            return (
                f"{self.window(now.window)}{name} {self.value(now)}，比{self.base(now.window, before.window)}的 {self.value(before)} "
                f"{moved}{tail}{piece.cite}"
            )
        tail = f" ({self.value(rate, signed=True)})" if rate else ""
        return (
            f"{name} for {self.window(now.window)}: {self.value(now)}, {moved}{tail} "
            f"on {self.base(now.window, before.window)}{piece.cite}"
        )

    def more(self, quantity: Quantity) -> str:
        """ "少 18.20 万元", "多了 £182,000", "down ¥182,000"."""
        up, figure = quantity.value > 0, self.value(quantity, size=True)
        if not self.zh:
            return f"{'up' if up else 'down'} {figure}"
        word = "多" if up else "少"
        return f"{word} {figure}" if figure[:1].isdigit() else f"{word}了 {figure}"

    def part(self, piece: Piece) -> str:
        """How much of the change a driver carries: "少 18.20 万元[m3]", "down ¥182,000[m3]"."""
        amount = piece.q(Role.CONTRIBUTION)
        return f"{self.more(amount)}{piece.cite}" if amount is not None else ""

    def claim(self, piece: Piece) -> str:
        """The fact's own sentence, without its full stop."""
        return piece.fact.claim.get(self.lang).rstrip("。. ")
