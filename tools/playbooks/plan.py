"""Turn a matched playbook into something to print: dated steps with owner, number to watch and number to stop at, and filled texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tools.calendar import PLATFORMS
from tools.cases.vocabulary import guess_category
from tools.playbooks.compliance import check_sms, check_text
from tools.playbooks.evaluate import Evaluation
from tools.playbooks.render import Book, clean_name
from tools.playbooks.schema import Artefact, Bilingual, Step
from tools.playbooks.views import Situation
from tools.text import Text

__all__ = ["Plan", "build_plan", "default_start", "pair"]

_SHOPIFY = re.compile(r"\s*[（(]Shopify[：:]\s*([^）)]+)[）)]")
_CONSOLE = re.compile(r"千牛|生意参谋|万相台|阿里妈妈|达摩盘|客户运营平台|淘宝")
_SHOP_KIND = re.compile(r"[（(][^）)]*[）)]|官方|旗舰店|专卖店|专营店|企业店|店铺$")
# Names get shorter until a text message fits; below the last size it is cut from the texts that need it.
_SHORTER = (24, 12, 8, 6)


@dataclass(frozen=True)
class Plan:
    """The plan of one playbook for one shop. `steps` and `artefacts` are plain JSON, figures already written in both languages."""

    start: date
    end: date
    steps: tuple[dict[str, Any], ...]
    artefacts: tuple[dict[str, Any], ...]
    break_even: Text | None
    measure: Text
    stop_rules: tuple[Text, ...]
    cost: Text | None


def default_start(today: date) -> date:
    """The next working day: nobody starts a plan today, nor on a Sunday."""
    day = today + timedelta(days=1)
    return day + timedelta(days=(7 - day.weekday()) % 7) if day.weekday() > 4 else day


def build_plan(evaluation: Evaluation, situation: Situation, start: date) -> Plan:
    """Dates from the start (or from the next campaign), texts from the shop's own names and prices."""
    playbook, book = evaluation.playbook, evaluation.book
    event = _event_day(situation)
    dated = [(step, *_dates(step, start, event)) for step in playbook.steps]
    end = max(due for _, _, due in dated)
    home = situation.platform in {"taobao", *PLATFORMS}
    steps = tuple(_step(book, step, first, due, home=home) for step, first, due in dated)
    deadline = max(due for _, _, due in dated)
    artefacts = tuple(_artefact(book, item, situation.category, deadline) for item in playbook.artefacts)
    stops = [text for step in playbook.steps if (text := book.fill(step.stop_rule)) is not None]
    return Plan(
        start=start,
        end=end,
        steps=steps,
        artefacts=tuple(item for item in artefacts if item is not None),
        break_even=book.fill(playbook.break_even),
        measure=_measure(evaluation),
        stop_rules=tuple(dict.fromkeys(stops)),
        cost=_cost(evaluation),
    )


def _event_day(situation: Situation) -> date | None:
    days = situation.value("days_to_event")
    return situation.today + timedelta(days=int(days)) if days is not None else None


def _dates(step: Step, start: date, event: date | None) -> tuple[date, date]:
    anchor = event if step.anchor == "event" and event is not None else start
    first = max(start, anchor + timedelta(days=step.start_day))
    return first, max(first, anchor + timedelta(days=step.due_day))


def _where(path: Text, *, home: bool) -> Text:
    """The console path. A shop elsewhere reads its own path where one is given, and never one of a console it does not have."""
    given = [_SHOPIFY.search(word) for word in path]
    if home:
        return Text(*(_SHOPIFY.sub("", word).strip() for word in path))
    if all(given):
        return Text(*(match[1] for match in given if match is not None))
    return Text("店铺后台", "your shop's admin") if _CONSOLE.search(path.zh) else path


def _action(book: Book, step: Step) -> Text:
    if step.without_control is not None and "held_out" not in book.values:
        return book.need(step.without_control)
    return book.need(step.action)


def _step(book: Book, step: Step, first: date, due: date, *, home: bool) -> dict[str, Any]:
    optional = {"cost": step.cost, "target": step.target, "guardrail": step.guardrail}
    filled: dict[str, Any] = {
        "action": pair(_action(book, step)),
        "where": pair(_where(book.need(step.where), home=home)),
        "owner": pair(book.need(step.owner)),
        "kpi": pair(book.need(step.kpi)),
        "stop_rule": pair(book.need(step.stop_rule)),
        "start": first.isoformat(),
        "due": due.isoformat(),
        "artefacts": list(step.artefacts),
    }
    return filled | {name: pair(book.fill(template)) for name, template in optional.items()}


_TOO_COARSE = Bilingual(
    zh="人数太少：平均分成两组也只看得出 ≥ {too_coarse}的差，比要追的 {wanted_gap}还大，不留对照；改为做一周、停一周轮换比较，不能证明因果",
    en="Too few people: even an equal split shows only differences of {too_coarse} or more, above the {wanted_gap} to win, so keep no control; alternate on and off weeks, which cannot prove cause",
)
_ON_OFF = Text(
    "人数太少，留不出对照组：改为做一周、停一周轮换比较，属前后对比，不能证明因果",
    "Too few people for a control group: alternate on and off weeks; that is before/after and cannot prove cause",
)


def _measure(evaluation: Evaluation) -> Text:
    book = evaluation.book
    return book.fill(evaluation.playbook.measure.text) or book.fill(_TOO_COARSE) or _ON_OFF


def _cost(evaluation: Evaluation) -> Text | None:
    return evaluation.book.fill(evaluation.playbook.cost.text)


def _artefact(book: Book, item: Artefact, category: str, deadline: date) -> dict[str, Any] | None:
    """Filled and checked; None when a value in it is not known. A flagged text says what to change."""
    fitted = _fitted(book, item, deadline)
    if fitted is None:
        return None
    filled, copy = fitted
    copy.use_all_into(book)
    group = guess_category(category) or ""
    words = [*check_text(filled.zh, group), *check_text(filled.en, group)]
    flags = [pair(flag.suggest) | {"found": flag.found, "severity": flag.severity} for flag in words]
    flags += [pair(problem) | {"found": "", "severity": "block"} for problem in _problems(item, filled)]
    return {"id": item.id, "kind": item.kind, "text_zh": filled.zh, "text_en": filled.en, "flags": flags}


def _fitted(book: Book, item: Artefact, deadline: date) -> tuple[Text, Book] | None:
    """Fill the text, with names cut shorter step by step until a text message fits."""
    best: tuple[Text, Book] | None = None
    for limit in _SHORTER:
        names = {key: _shortened(key, word, limit) for key, word in book.names.items()}
        names["end_date"] = _short_day(deadline)
        copy = Book(book.values, names)
        filled = copy.fill(item.text)
        if filled is None:
            return None
        if item.kind == "sms":
            filled = Text(filled.zh.replace(" 元", "元"), filled.en)
        best = filled, copy
        if not _problems(item, filled):
            break
    return best


def _problems(item: Artefact, filled: Text) -> list[Text]:
    return [*check_sms(filled.zh), *check_sms(filled.en, "en")] if item.kind == "sms" else []


def _short_day(day: date) -> Text:
    return Text(f"{day.month}月{day.day}日", f"{day.day} {day:%b}")


def _shortened(key: str, word: Text, limit: int) -> Text:
    """A name cut to `limit`; a shop's name loses its kind of shop before it loses letters."""
    if key == "shop" and limit < _SHORTER[0]:
        word = Text(*(_SHOP_KIND.sub("", each).strip() or each for each in word))
    return Text(clean_name(word.zh, limit), clean_name(word.en, limit))


def pair(text: Text | None) -> dict[str, str]:
    """A sentence as plain JSON; empty when there is none."""
    return {"zh": text.zh, "en": text.en} if text is not None else {"zh": "", "en": ""}


def steps_in(plan: Plan, lang: str) -> list[Mapping[str, str]]:
    """The steps in one language, for a table."""
    fields = ("action", "where", "owner", "kpi", "target", "guardrail", "stop_rule", "cost")
    return [
        {name: step[name][lang] for name in fields} | {"start": step["start"], "due": step["due"]}
        for step in plan.steps
    ]
