"""What to do and how: the one playbook to start with, what it is worth, what not to do, and its first steps in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from advisor.brains.base import Draft
from advisor.brains.compose.cases import case_draft
from advisor.brains.compose.pieces import Piece, Pieces, pick
from advisor.brains.compose.say import Say
from tools.facts import Role, WhyClass
from tools.text import Text

__all__ = ["action_clause", "decision_drafts", "grounds_drafts", "how_drafts", "refused", "what_drafts"]


def action_clause(pieces: Pieces, say: Say, *, calm: bool = False, deciding: bool = False) -> str:
    """The headline's end: the first action. A tiny shop gets the small step, in words; a calm one an offer, no rescue."""
    best = pieces.start_here
    if deciding and refused(pieces) is not None:
        if pieces.figures:
            return say.t("现在没有非动不可的理由", "nothing calls for it now")
        return say.t("还不能判断该不该做", "whether to do it cannot be told yet")
    if best is None:
        return ""
    if pieces.tiny:
        step = _clean(best.text("first_step", say.lang))
        return say.t(f"眼下只做一件事：{step}{best.cite}", f"do one thing for now: {step}{best.cite}") if step else ""
    name = say.quote(best.text("name", say.lang) or best.subject)
    if best.fact.data.get("signs") is False:
        return say.t(
            f"{name}可以做，但数据里没有看到非做不可的迹象，先小批试{best.cite}",
            f"{name} can be done, but no figure calls for it, so try a small batch first{best.cite}",
        )
    if deciding and _worth_words(best, say):
        return say.t(f"值得小范围试{best.cite}", f"worth a small test{best.cite}")
    if deciding:
        return say.t(
            f"可以小范围试，但还定不了投入多少{best.cite}",
            f"a small test is fine, but how much to put in cannot be said yet{best.cite}",
        )
    if calm:
        return say.t(
            f"想往上走，可以从{name}入手{best.cite}", f"to grow from here, {name} is the place to start{best.cite}"
        )
    return say.t(f"先做{name}{best.cite}", f"start with {name}{best.cite}")


def refused(pieces: Pieces) -> Text | None:
    """Why the playbook that would answer the decision does not fit this shop now."""
    return next(
        (text for tool, code, text in pieces.errors if tool == "plan_playbook" and code == "data_missing"), None
    )


def grounds_drafts(pieces: Pieces, say: Say) -> Iterator[Draft]:
    """Why it is worth doing at all: the playbook's conditions that hold in this shop, at most two."""
    best = pieces.start_here
    for condition in (best.fact.data.get("conditions") or [])[:2] if best is not None and not pieces.tiny else []:
        text = _clean(pick(condition, say.lang))
        if text and best is not None:
            yield Draft("why", say.join(f"{text}{best.cite}"), WhyClass.ASSOCIATION)


def _worth_words(piece: Piece, say: Say) -> str:
    """ "值 9.09 万元到 9.82 万元（按…的数）", "worth at most ¥1,689 (…)"; empty when it cannot be sized."""
    low, high = piece.q(Role.RANGE_LOW), piece.q(Role.RANGE_HIGH)
    if low is None or high is None or low.unit != high.unit or high.value <= 0:
        return ""
    window = say.window(high.window)
    span = say.t(f"（按{window}的数）", f" (on the figures of {window})") if window else ""
    if low.value <= 0 or say.value(low) == say.value(high):
        return say.t(f"最多值 {say.value(high)}{span}", f"worth at most {say.value(high)}{span}")
    return say.t(
        f"值 {say.value(low)} 到 {say.value(high)}{span}", f"worth {say.value(low)} to {say.value(high)}{span}"
    )


def what_drafts(pieces: Pieces, say: Say, *, decided: bool = False) -> Iterator[Draft]:
    """At most two: what to start with and why it is worth it (unless the decision said so); what not to do."""
    best = pieces.start_here
    if best is None:
        return
    if pieces.tiny:
        yield Draft("what", _one_step(best, say))
        return
    if not decided:
        yield Draft("what", _worth(best, say))
    stop = _not_now(best, say)
    if stop:
        yield Draft("what", stop)


def _one_step(best: Piece, say: Say) -> str:
    step = best.text("first_step", say.lang).rstrip("。.")
    why = say.t(
        "单量还少，会员等级、人群分层和投流的数字都会误导你，先不谈",
        "with so few orders, figures on tiers, segments or ads would mislead you, so leave them for now",
    )
    return say.join(f"{step}{best.cite}", why)


def _worth(best: Piece, say: Say) -> str:
    name = best.text("name", say.lang) or best.subject
    doing = best.text("decision", say.lang).rstrip("。.")
    money = _worth_words(best, say)
    lead = say.t(
        f"{say.quote(name)}：{doing}{best.cite}" if doing else f"先做{say.quote(name)}{best.cite}",
        f"{say.quote(name)}: {doing}{best.cite}" if doing else f"start with {say.quote(name)}{best.cite}",
    )
    worth = (
        say.t(f"按你自己的数字估，{money}{best.cite}", f"on your own figures it is {money}{best.cite}") if money else ""
    )
    unsized = "" if money else _clean(best.text("worth_formula", say.lang))
    return say.join(lead, worth or (f"{unsized}{best.cite}" if unsized else ""))


def _first_text(value: Any, lang: Any) -> str:
    """The first of a list of texts, or the text itself."""
    if isinstance(value, list | tuple) and value and not (len(value) == 2 and all(isinstance(v, str) for v in value)):
        return pick(value[0], lang)
    return pick(value, lang)


def _not_now(best: Piece, say: Say) -> str:
    """When it must not be done, said as a condition the merchant can check."""
    not_for = _first_text(best.fact.data.get("not_for"), say.lang).strip().rstrip("。.")
    if not not_for:
        return ""
    return say.t(f"先别做的情况：{not_for}{best.cite}。", f"When not to: {not_for}{best.cite}.")


def how_drafts(pieces: Pieces, say: Say) -> Iterator[Draft]:
    """The very first step, how to tell whether it worked, and one case. The other steps stand in the plan's dated table."""
    best = pieces.start_here
    if best is None or pieces.tiny:
        if best is not None:
            yield from _measure(best, say)
        return
    steps = _planned(pieces, best)
    first = _first_step(steps[0], best, say) if steps else ""
    if first:
        yield Draft("how", first)
    yield from _measure(best, say)
    yield from case_draft(pieces, say)


def _planned(pieces: Pieces, best: Piece) -> Sequence[Mapping[str, Any]]:
    """Steps of the playbook itself, or of its plan when the match carries none."""
    ident = best.fact.data.get("playbook_id")
    for piece in (best, *pieces.playbooks, *pieces.tools):
        steps = piece.fact.data.get("steps")
        if steps and piece.fact.data.get("playbook_id") == ident:
            return [step for step in steps if isinstance(step, Mapping)]
    return []


def _first_step(step: Mapping[str, Any], best: Piece, say: Say) -> str:
    """The step in words. Where to click and where to stop stand in the plan."""
    action = _clean(pick(step.get("action"), say.lang))
    lead = say.t("先", "first, ")
    return say.join(f"{'' if action.startswith(lead) else lead}{action}{best.cite}") if action else ""


def _measure(best: Piece, say: Say) -> Iterator[Draft]:
    measure = best.fact.data.get("measure")
    nested = measure.get("text") if isinstance(measure, Mapping) and "text" in measure else measure
    text = pick(nested, say.lang).strip().rstrip("。.")
    if text:
        yield Draft(
            "how", say.join(say.t(f"怎么算有用：{text}{best.cite}", f"how to tell that it works: {text}{best.cite}"))
        )


def decision_drafts(pieces: Pieces, say: Say) -> Iterator[Draft]:
    """Do it, do not, or what is needed to say: from the playbook's own conditions, never from a wish to please."""
    blocked = refused(pieces)
    best = pieces.start_here
    if blocked is not None:
        told = _clean(blocked.get(say.lang))
        cite = pieces.figures[0].cite if pieces.figures else best.cite if best is not None else ""
        lead = say.t(f"先不动{cite}：{told}", f"leave it for now{cite}: {told}")
        if not cite:
            lead = say.t(f"还不能判断该做：{told}", f"it cannot be recommended yet: {told}")
        other = ""
        if best is not None:
            name = say.quote(best.text("name", say.lang) or best.subject)
            other = say.t(f"更该先看的是{name}{best.cite}", f"{name} deserves a look first{best.cite}")
        yield Draft("decision", say.join(lead, other))
        return
    if best is None:
        return
    if pieces.tiny:
        step = say.t(
            f"现在不用上整套，先试最小的一步{best.cite}",
            f"not the whole of it yet; try the smallest step first{best.cite}",
        )
        yield Draft("decision", say.join(step))
        return
    doing, money = best.text("decision", say.lang).rstrip("。."), _worth_words(best, say)
    lead = say.t(f"可以做，但先小范围：{doing}{best.cite}", f"yes, but small first: {doing}{best.cite}")
    worth = (
        say.t(f"按你自己的数字估，{money}{best.cite}", f"on your own figures it is {money}{best.cite}") if money else ""
    )
    unsized = "" if money else _clean(best.text("worth_formula", say.lang))
    yield Draft("decision", say.join(lead, worth or (f"{unsized}{best.cite}" if unsized else ""), _mind(best, say)))


def _clean(text: str) -> str:
    return text.strip().rstrip("。.；;")


def _mind(best: Piece, say: Say) -> str:
    text = best.text("changes_mind", say.lang).rstrip("。.")
    return say.t(f"会改变这个判断的：{text}", f"what would change this: {text}") if text else ""
