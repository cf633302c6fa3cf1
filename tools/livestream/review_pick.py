"""Which streams are meant: an id, a title, a day, 昨晚 / last night, the latest, or all of a window."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tools.errors import BadArguments, DataMissing
from tools.livestream.response import slot_of
from tools.livestream.room import LiveSession
from tools.metrics.windows import Anchor, parse_window
from tools.text import Text

__all__ = ["MOST", "Picked", "pick"]

MOST = 60  # streams of a window that are reviewed, the newest
_LATEST = frozenset({"", "last", "latest", "最近", "最近一场", "上一场", "上场"})
_NIGHT = frozenset({"昨晚", "昨夜", "last night"})
_DAYS = {"昨天": 1, "昨日": 1, "yesterday": 1, "前天": 2, "前晚": 2, "今天": 0, "今晚": 0, "today": 0, "tonight": 0} | dict.fromkeys(_NIGHT, 1)  # fmt: skip
_DAY = re.compile(r"(20\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_SHORT = re.compile(r"(\d{1,2})(?:月|[-/])(\d{1,2})日?")


@dataclass(frozen=True)
class Picked:
    """The streams to review, oldest first, and what has to be said of the choice."""

    sessions: tuple[LiveSession, ...]
    notes: tuple[Text, ...] = ()


def pick(known: Sequence[LiveSession], session: str, window: str | None, today: date) -> Picked:
    """Streams among `known` (oldest first, not empty). Raises BadArguments for a name nobody knows, DataMissing for a window without any."""
    wanted = session.strip()
    if window and not wanted:
        return _windowed(known, window, today)
    if wanted.lower() in _LATEST:
        return Picked((known[-1],))
    if wanted.lower() in _DAYS:
        return _relative(known, wanted, today)
    named = [one for one in known if one.session_id == wanted]
    day = _day(wanted, known[-1].day)
    if not named and day is not None:
        named = [one for one in known if one.day == day]
        if not named:
            raise _no_stream(known, f"{day}")
        return Picked(tuple(named))
    hits = named or [one for one in known if wanted == one.title] or [one for one in known if wanted in one.title]
    if not hits:
        recent = [one.session_id for one in reversed(known)][:5]
        raise BadArguments.unknown(Text("场次", "session"), session[:64], recent)
    if len(hits) == 1:
        return Picked((hits[-1],))
    note = Text(f"“{wanted}”有 {len(hits)} 场，这里看最近一场（{hits[-1].day}）。", f'"{wanted}" fits {len(hits)} streams; this is the latest ({hits[-1].day}).')  # fmt: skip
    return Picked((hits[-1],), (note,))


def _day(text: str, last: date) -> date | None:
    """A written day; without a year the last such day of the data. None for anything else."""
    try:
        if full := _DAY.fullmatch(text):
            return date(int(full[1]), int(full[2]), int(full[3]))
        if short := _SHORT.fullmatch(text):
            found = date(last.year, int(short[1]), int(short[2]))
            return found if found <= last else found.replace(year=last.year - 1)
    except ValueError:
        return None
    return None


def _relative(known: Sequence[LiveSession], wanted: str, today: date) -> Picked:
    """The streams of that day, the evening's where a night is meant; the latest, with a word, where there was none."""
    day = today - timedelta(days=_DAYS[wanted.lower()])
    found = [one for one in known if one.day == day]
    if wanted.lower() in _NIGHT:
        night = [one for one in found if one.started_at is None or slot_of(one.started_at) in ("evening", "late")]
        found = night or found
    if found:
        return Picked(tuple(found))
    last = known[-1]
    note = Text(f"{day} 没有直播场次数据，看的是最近一场（{last.day}）。", f"There is no stream on {day} in the data; this is the latest ({last.day}).")  # fmt: skip
    return Picked((last,), (note,))


def _windowed(known: Sequence[LiveSession], window: str, today: date) -> Picked:
    span = parse_window(window, Anchor(first=known[0].day, last=known[-1].day, today=today + timedelta(days=1)))
    found = [one for one in known if span.start <= one.day <= span.end]
    if not found:
        raise _no_stream(known, str(span))
    if len(found) > MOST:
        note = Text(f"这段时间有 {len(found)} 场，只看最近 {MOST} 场。", f"There are {len(found)} streams in these days; the newest {MOST} are reviewed.")  # fmt: skip
        return Picked(tuple(found[-MOST:]), (note,))
    return Picked(tuple(found))


def _no_stream(known: Sequence[LiveSession], when: str) -> DataMissing:
    first, last = known[0].day, known[-1].day
    return DataMissing(
        Text(f"{when} 没有直播场次；有数据的是 {first} 到 {last}。", f"There is no stream on {when}; the data hold {first} to {last}."),
        tables=("live_sessions",),
    )  # fmt: skip
