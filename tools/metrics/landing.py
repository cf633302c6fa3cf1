"""Where a month or a campaign will land: what is in, what the rest of the days should bring, and the gap to the target.

The forecast is the shop's own: smoothed level × weekday × campaign phase (landing_model.py). Under eight weeks it says no.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np

from tools.base import ShopHandle
from tools.errors import BadArguments, DataMissing, NotPermitted
from tools.facts import Window
from tools.metrics.catalog import find_metric
from tools.metrics.engine import choose
from tools.metrics.gaps import find_gaps, report_gaps
from tools.metrics.landing_model import Outlook, outlook
from tools.metrics.landing_phases import Phases, phases_of
from tools.metrics.measure import anchor_of, source_text
from tools.metrics.reader import RELATIONS, Reader
from tools.metrics.spans import each
from tools.metrics.windows import day_text, month_of, window_text
from tools.text import Text, quantize

__all__ = ["LEAST_DAYS", "Landing", "daily_gmv", "landing", "target_of"]

LEAST_DAYS, LEAST_SALES = 56, 28
FARTHEST = 62
METHOD = Text(
    "剩余每天 = 平滑后的日销水平 × 星期系数 × 大促阶段系数，三者都来自本店历史；区间取自同样天数的历史回测误差（80%）",
    "each remaining day = smoothed daily level × weekday factor × campaign factor, all from the shop's own past; the interval"
    " comes from the errors of back-tests over the same stretch of days (80 %)",
)


@dataclass(frozen=True)
class Landing:
    """GMV (paid, before refunds) of a window: `actual` up to `as_of`, and `landed` with its 80 % interval at its end.

    `attained` is actual / target (达成率 so far), `achievement` landed / target; `gap` is target - landed, so above 0 is short.
    `tests` back-tests stand behind the interval, `miss` is their median error. `sample` is the days of history used.
    """

    window: Window
    as_of: date
    unit: str
    actual: Decimal
    days_done: int
    days_left: int
    landed: Decimal
    low: Decimal
    high: Decimal
    target: Decimal | None
    attained: Decimal | None
    achievement: Decimal | None
    gap: Decimal | None
    sample: int
    tests: int
    miss: Decimal | None
    method: Text
    source: str
    notes: tuple[Text, ...] = ()

    @property
    def settled(self) -> bool:
        """Nothing is left to forecast."""
        return self.days_left == 0


def landing(
    of: Reader | ShopHandle,
    month_or_window: date | Window | None,
    today: date,
    target: Decimal | None = None,
) -> Landing:
    """Land a month (any day of it), a campaign window, or by default the first month the data do not close.

    Without `target` the shop's imported target of exactly that window is taken, where there is one. Raises DataMissing with
    the reason under eight weeks of data, BadArguments for a window too far ahead or without any day.
    """
    reader = of if isinstance(of, Reader) else Reader(of)
    anchor = anchor_of(reader.shop, today)
    as_of = anchor.day
    window = _window(month_or_window, as_of)
    _check_reach(window, anchor.first, as_of)
    if target is None:
        target = target_of(reader, window)
    series = daily_gmv(reader, as_of)
    done = sum((value for day, value in series.items() if value and window.start <= day <= window.end), Decimal(0))
    left = max(0, (window.end - max(as_of, window.start - timedelta(days=1))).days)
    notes: list[Text] = []
    ahead: Outlook | None = None
    if left:
        _check_history(series)
        phases = phases_of(reader, min(series), window.end)
        ahead = _ahead(series, phases, window, as_of)
        notes = _notes(reader, ahead, phases, window, as_of, today)
        ahead = _undated(ahead, phases, window, as_of)
    return _result(reader, window, as_of, done, left, ahead, target, len(series), notes)


def _window(given: date | Window | None, as_of: date) -> Window:
    if isinstance(given, Window):
        return given
    return month_of(given if given is not None else as_of + timedelta(days=1))


def _check_reach(window: Window, first: date, as_of: date) -> None:
    words = window_text(window)
    if (window.end - as_of).days > FARTHEST:
        raise BadArguments(
            Text(
                f"数据到 {as_of}，{words.zh}离得太远：落点最多往后看 {FARTHEST} 天。",
                f"The data end on {as_of}; {words.en} is too far ahead: a landing looks at most {FARTHEST} days on.",
            )
        )
    if window.start < first:
        raise DataMissing(
            Text(
                f"数据从 {first} 才开始，{words.zh}不完整，算不出落点。",
                f"The data begin on {first}, so {words.en} is not complete and cannot be landed.",
            ),
            tables=("orders",),
        )


def daily_gmv(reader: Reader, as_of: date) -> dict[date, Decimal | None]:
    """GMV of every day from the first with data to `as_of`; None where a report lacks the day or the export has a hole."""
    feed = choose(reader, "gross", ())
    relation = RELATIONS[feed.relation]
    t = reader.relation(feed.relation)
    t = t.filter(t[relation.date] <= as_of)
    rows = reader.run(t.group_by(day=t[relation.date]).aggregate(value=feed.value))
    found = {row["day"]: Decimal(str(row["value"] or 0)) for row in rows}
    if not found:
        raise anchor_missing()
    span = Window(start=min(found), end=as_of)
    if relation.report:
        holes = set(report_gaps(reader, relation.table, span))
    else:
        gaps = [gap.window for gap in find_gaps(reader, span)]
        holes = {day for gap in gaps for day in each(gap)}
    return {day: None if day in holes else found.get(day, Decimal(0)) for day in each(span)}


def anchor_missing() -> DataMissing:
    return DataMissing(
        Text("还没有任何成交数据，算不出落点。", "There are no sales yet, so nothing can be landed."),
        tables=("orders",),
    )


def _check_history(series: dict[date, Decimal | None]) -> None:
    sold = sum(1 for value in list(series.values())[-LEAST_DAYS:] if value)
    if len(series) < LEAST_DAYS:
        raise DataMissing(
            Text(
                f"只有 {len(series)} 天的数据，不足 8 周（{LEAST_DAYS} 天）：每个星期几见得太少，预测落点会误导，所以不给。",
                f"There are {len(series)} days of data, under 8 weeks ({LEAST_DAYS} days): too few of each weekday are seen, and a"
                " landing would mislead, so none is given.",
            ),
            tables=("orders",),
            unlock=Text("请导出更早的订单后再问。", "Import older orders and ask again."),
        )
    if sold < LEAST_SALES:
        raise DataMissing(
            Text(
                f"最近 8 周只有 {sold} 天有成交（至少要 {LEAST_SALES} 天），预测落点会误导，所以不给。",
                f"Only {sold} days of the last 8 weeks had a sale (at least {LEAST_SALES} are needed): a landing would mislead, so"
                " none is given.",
            ),
            tables=("orders",),
        )


def _ahead(series: dict[date, Decimal | None], phases: Phases, window: Window, as_of: date) -> Outlook:
    days = [*series, *(as_of + timedelta(days=k) for k in range(1, (window.end - as_of).days + 1))]
    y = np.array([np.nan if value is None else float(value) for value in series.values()])
    weekday = np.array([day.weekday() for day in days], dtype=np.int64)
    keys = [phases.days.get(day) for day in days]
    skip = max(0, (window.start - as_of).days - 1)
    return outlook(y, weekday, keys, skip)


def _undated(ahead: Outlook, phases: Phases, window: Window, as_of: date) -> Outlook:
    """Widen for days on which an event is due whose dates nobody gave yet."""
    left = Window(start=max(window.start, as_of + timedelta(days=1)), end=window.end)
    due = sum(1 for day in phases.undated if left.start <= day <= left.end)
    if not due:
        return ahead
    share = due / left.days
    low = ahead.value - (ahead.value - ahead.low) * (1 + share)
    high = ahead.value + (ahead.high - ahead.value) * (1 + share) + ahead.value * (ahead.peak - 1) * share
    return replace(ahead, low=max(0.0, low), high=high)


def target_of(reader: Reader, window: Window) -> Decimal | None:
    """The imported GMV target of exactly this window; None without one, or where the merchant has not shared it."""
    if not reader.has("targets"):
        return None
    try:
        t = reader.table("targets")
    except NotPermitted:
        return None
    rows = reader.run(t.filter(t.starts_on == window.start).select("metric", "ends_on", "value"))
    for row in rows:
        ends = row["ends_on"] or month_of(window.start).end
        if ends == window.end and row["value"] and _is_gmv(str(row["metric"])):
            return quantize(Decimal(str(row["value"])), 2)
    return None


def _is_gmv(name: str) -> bool:
    try:
        return find_metric(name).id == "gmv"
    except BadArguments:
        return False


def _result(
    reader: Reader,
    window: Window,
    as_of: date,
    actual: Decimal,
    left: int,
    ahead: Outlook | None,
    target: Decimal | None,
    sample: int,
    notes: list[Text],
) -> Landing:
    def total(rest: float) -> Decimal:
        return quantize(actual + Decimal(repr(float(rest))), 2)

    landed = total(ahead.value) if ahead else actual
    feed = RELATIONS[choose(reader, "gross", ()).relation]
    return Landing(
        window=window,
        as_of=as_of,
        unit=reader.shop.currency,
        actual=actual,
        days_done=window.days - left,
        days_left=left,
        landed=landed,
        low=total(ahead.low) if ahead else actual,
        high=total(ahead.high) if ahead else actual,
        target=target,
        attained=actual / target if target else None,
        achievement=landed / target if target else None,
        gap=target - landed if target else None,
        sample=sample,
        tests=ahead.tests if ahead else 0,
        miss=Decimal(str(round(ahead.miss, 4))) if ahead and ahead.miss is not None else None,
        method=METHOD,
        source=source_text(reader, (feed.table,)),
        notes=tuple(notes),
    )


def _notes(reader: Reader, ahead: Outlook, phases: Phases, window: Window, as_of: date, today: date) -> list[Text]:
    notes = []
    left = Window(start=max(window.start, as_of + timedelta(days=1)), end=window.end)
    passed = min(left.end, today - timedelta(days=1))
    if passed >= left.start:
        last = day_text(as_of)
        notes.append(
            Text(
                f"数据只到{last.zh}：之后已经过去的日子没有导入，也是估的；导入最新订单后落点会更准。",
                f"The data end on {last.en}: the days passed since are not imported and are estimated too;"
                " import the newest orders for a better landing.",
            )
        )
    names = [phases.name(event) for event in phases.events(left)]
    if ahead.unknown:
        zh, en = "、".join(name.zh for name in names), ", ".join(name.en for name in names)
        notes.append(
            Text(
                f"剩余天数里有几天属于{zh}，本店历史里没有同类大促可比，按平日估，并放宽了区间上沿。",
                f"Some of the days left belong to {en}; the shop's past has no such campaign, so they count as plain days"
                " and the upper edge is widened.",
            )
        )
    due = dict.fromkeys(event for day, event in sorted(phases.undated.items()) if left.start <= day <= left.end)
    if due:
        zh = "、".join(phases.name(event).zh for event in due)
        en = ", ".join(phases.name(event).en for event in due)
        notes.append(
            Text(
                f"去年同期有“{zh}”，今年的档期还没有公开日期：没有计入，并放宽了区间。定档后请告诉我。",
                f"{en} ran at this time last year and has no published dates yet this year: it is not counted, and the interval is"
                " widened. Tell me once the dates are set.",
            )
        )
    if ahead.blocks < 3:
        notes.append(
            Text(
                "历史还短，能独立回测的段数太少，区间按更宽的给。",
                "The past is short: too few back-tests stand apart from one another, so the interval is given wider.",
            )
        )
    return notes
