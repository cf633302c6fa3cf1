"""A case is used for one likeness and one difference; without a close one, that is said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from advisor.brains.base import Draft
from advisor.brains.compose.pieces import Piece, Pieces, pick
from advisor.brains.compose.say import Say
from tools.playbooks.toolbox import AUDIENCES

__all__ = ["case_draft", "case_list_drafts", "own_drafts", "tool_drafts"]

_CONFIDENCE_LOW = "low"
_TOOLS = 4


def case_draft(pieces: Pieces, say: Say) -> Iterator[Draft]:
    """One line under "how": the case the playbook itself leans on when it was found, else the closest one."""
    evidence = pieces.start_here.fact.data.get("evidence", []) if pieces.start_here else []
    for entry in evidence:
        piece = next((p for p in pieces.cases if p.fact.data.get("case_id") == entry.get("case")), None)
        if piece is not None:
            like, differ = pick(entry.get("likeness"), say.lang), pick(entry.get("difference"), say.lang)
            yield Draft("how", _reference(piece, say, like=like, differ=differ))
            return
    best = next((p for p in pieces.cases if p.text("likeness", say.lang)), None)
    if best is not None:
        like, differ = best.text("likeness", say.lang), best.text("difference", say.lang)
        yield Draft("how", _reference(best, say, like=like, differ=differ))


def _reference(piece: Piece, say: Say, *, like: str, differ: str) -> str:
    brand = piece.text("brand", say.lang) or piece.subject
    failed = piece.fact.data.get("outcome") == "failure"
    like, differ, lesson = _inline(_clean(like), say), _inline(_clean(differ), say), _lesson(piece, say)
    if say.zh:
        lead = f"{'反例' if failed else '可以参考'} {brand}{piece.cite}：{like}"
        return say.join(lead + (f"；不同的是，{differ}" if differ else ""), lesson)
    lead = f"{'a warning' if failed else 'for reference'}, {brand}{piece.cite}: {like}"
    return say.join(lead + (f"; what differs: {differ}" if differ else ""), lesson)


def _inline(text: str, say: Say) -> str:
    """A phrase with a colon of its own, made fit to stand behind one."""
    colon = "：" if say.zh else ": "
    head, found, tail = text.partition(colon)
    return f"{head}（{tail}）" if found and say.zh else f"{head} ({tail})" if found else text


def _clean(text: str) -> str:
    return text.strip().rstrip("。.；;")


def _lesson(piece: Piece, say: Say) -> str:
    lesson = piece.fact.data.get("lesson")
    text = _clean(pick(lesson, say.lang))
    if not text:
        return ""
    inferred = bool(lesson.get("inference")) if isinstance(lesson, dict) else False
    text = text.removeprefix("推断：").removeprefix("推断:").removeprefix("【推断】")
    text = re.sub('[“”"]', "", text)  # quoted words would read as names
    text = text[0].lower() + text[1:] if not say.zh and text[1:2].islower() else text
    if inferred:
        return say.t(f"我们的推断：{text}", f"our inference: {text}")
    return text


def case_list_drafts(pieces: Pieces, say: Say) -> Iterator[Draft]:
    """The answer to "any cases?": the closest in the headline, the others below, each with its likeness and limits."""
    cases = list(pieces.cases)
    if not cases:
        return
    yield Draft("headline", _headline(cases, say))
    for piece in cases[:3]:
        yield Draft("what", _told(piece, say))
    if all(p.fact.data.get("confidence") == _CONFIDENCE_LOW for p in cases):
        yield Draft(
            "limits",
            say.t(
                "这些案例的来源可信度都不高，只适合启发，不宜照搬。",
                "The sources of these cases are all weak: good for ideas, not for copying.",
            ),
        )


def _headline(cases: Sequence[Piece], say: Say) -> str:
    best = cases[0]
    brand = best.text("brand", say.lang) or best.subject
    like = _clean(best.text("likeness", say.lang))
    if say.zh:
        return say.join(f"最接近的是{brand}{best.cite}" + (f"：{_inline(like, say)}" if like else ""))
    return say.join(f"the closest is {brand}{best.cite}" + (f": {_inline(like, say)}" if like else ""))


def _told(piece: Piece, say: Say) -> str:
    differ = _clean(piece.text("difference", say.lang))
    claim = f"{say.claim(piece)}{piece.cite}"
    return say.join(claim, say.t(f"和你不同：{differ}", f"unlike you: {differ}") if differ else "", _lesson(piece, say))


def own_drafts(pieces: Pieces, say: Say) -> Iterator[Draft]:
    """What the merchant's own documents say, quoted and named as theirs; no advice is built on it."""
    for piece in pieces.own:
        file, quote = piece.text("file", say.lang), piece.text("quote", say.lang)
        text = say.t(
            f"你上传的《{file}》里提到：“{quote}”{piece.cite}。", f"Your uploaded “{file}” says: “{quote}”{piece.cite}."
        )
        yield Draft("how", text)


def tool_drafts(pieces: Pieces, say: Say, groups: Sequence[str] = ()) -> Iterator[Draft]:
    """Methods and platform tools that fit, the best first. A question for tools gets those of the toolbox alone, by name."""
    best = pieces.start_here
    found = [*pieces.playbooks, *pieces.tools]
    if not found:
        return
    if not pieces.playbooks:
        yield from _toolbox_drafts(pieces.tools, say, groups)
        return
    lead = best or found[0]
    name = lead.text("name", say.lang) or lead.subject
    if best is not None:
        yield Draft(
            "headline",
            say.join(
                say.t(
                    f"对你现在最有用的是{say.quote(name)}{lead.cite}",
                    f"the most useful one for you now is {say.quote(name)}{lead.cite}",
                )
            ),
        )
    else:
        yield Draft("headline", say.join(f"{say.claim(lead)}{lead.cite}"))
    for piece in found[:4]:
        if piece is not lead or best is not None:
            yield Draft("what", say.join(f"{say.claim(piece)}{piece.cite}"))


def _toolbox_drafts(tools: Sequence[Piece], say: Say, groups: Sequence[str]) -> Iterator[Draft]:
    """For whom, the first two by name, then each with what it is for, where it stands and what it costs."""
    shown = list(tools)[:_TOOLS]
    names = [f"{say.quote(piece.text('name', say.lang))}{piece.cite}" for piece in shown[:2]]
    labels = [AUDIENCES[group][0].get(say.lang) for group in groups if group in AUDIENCES]
    if say.zh:
        whom = f"针对{'、'.join(labels)}人群，" if labels else ""
        yield Draft("headline", say.join(f"{whom}先看{'和'.join(names)}"))
    else:
        whom = f" for {', '.join(labels)}" if labels else ""
        yield Draft("headline", say.join(f"look at {' and '.join(names)} first{whom}"))
    for piece in shown:
        where, cost = _clean(piece.text("where", say.lang)), _clean(piece.text("cost", say.lang))
        place = say.t(f"在哪：{where}；花费：{cost}", f"where: {where}; cost: {cost}")
        yield Draft("what", say.join(f"{say.claim(piece)}{piece.cite}", place))
    yield Draft(
        "what",
        say.t(
            "会员买得比别人多，不等于是工具带来的：有名单的，留一部分人不发，比较两边。",
            "Members buying more than others is not the effect of a tool: where you have a list, leave some out and compare.",
        ),
    )
