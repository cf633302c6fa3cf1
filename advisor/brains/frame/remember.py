"""What a sentence asks to be remembered, forgotten or listed: figures, limits, tone, stage, decisions, notes. Read, never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from advisor.brains.base import Message
from advisor.brains.frame.lexicon import data_yaml
from advisor.brains.frame.stated import Stated, asks, label_of, read_stated
from advisor.brains.memory import Memory, Note
from tools.playbooks.constraints import Rule, allowed_in, ruled_out_in, touched_by
from tools.stated import figure_fact, note_fact, quoted_note

__all__ = ["ASKED_MARGIN", "Heard", "hear", "told_facts", "tones_of"]

# Part of the question that asks for the margin, in both languages: what follows it may decline.
ASKED_MARGIN = ("毛利率还不知道", "The gross margin is not known")
_LONGEST = 120
_WONDERS = re.compile(
    r"(能|会|要|可|是|该|行|好|用)不(?:\1)|有没有|是否|^(?:is|are|was|were|do|does|did|can|could|will|which|who|when|where|any)\b"
)
_ABOUT_A_TEXT = re.compile(r"短信|文案|标题|脚本|emoji|群|海报|title|text message|script|post\b")
_REQUEST = re.compile(
    r"帮我|给我(?:看|写|出|列|做)|写(?:一|个|份|篇|条)|做(?:一)?(?:个|份|张)|列(?:一|出)|分析|看看|看一下|查(?:一|下)|对比|推荐|生成"
    r"|算(?:算|一算|一下|下)|划算|排(?:一|个|期|品|班)|(?:跟|和|比).{1,12}比|哪(?:个|种|家|边|样|款)"
    r"|^(?:show|give|write|list|compare|analy[sz]e|make|draft|find|explain|tell|plan|calculate|work out|split|schedule)\b"
)
_LIST = re.compile(
    r"(?:你|都|还)?(?:记住|记得|记下|记)了?(?:我|我们|店里|店铺|关于我们?)?的?(?:哪些|些?什么|啥)|(?:我|我们)(?:告诉|跟你说)过你?(?:哪些|什么)"
    r"|what (?:do|have) you (?:remember|know|noted?|kept|stored?)(?: down)?(?: (?:about|of|from) (?:me|us|our shop|my shop))?\W*$|what did (?:i|we) tell you"
)
_FORGET = re.compile(
    r"^(?:请|麻烦|帮我|那|那就|你)*(?:忘掉|忘了|忘记|别记|不用记|不要记|删掉|删除|去掉|撤回|取消|清除)(?:这条|那条|我说的|我们?的|之前说的|掉)*(?P<zh>.+)$"
    r"|^(?:请|麻烦|帮我)*把(?P<zh2>.+?)(?:忘掉|忘了|忘记|删掉|删除|去掉|撤回|清除)(?:吧|了)?$"
    r"|^(?:please |now )*(?:forget|delete|remove|drop|clear)(?: about)?(?: (?:that|what i said about|the|my|our|note|about))* (?P<en>.+)$"
)
_PLAIN_FORGET = re.compile(r"忘掉|忘了|忘记|forget")
_EVERYTHING = re.compile(r"^(?:所有|全部|一切|记住的|everything|all|it all)(?:的|东西|内容|of it|you know)?(?:吧|了)?$")
_DECLINES = re.compile(
    r"不知道|不清楚|不方便|没算过|不想说|不能说|保密|说不准|不透露|算不出"
    r"|\b(?:i )?(?:don't know|do not know|not sure|rather not|prefer not|can't (?:say|share|tell)|won't say|no idea|confidential)"
)
_DONE = re.compile(r"停了|停掉|暂停|砍掉|取消|\b(?:stopped|dropped|quit|paused)\b")
_FOR_GOOD = re.compile(
    r"决定|定了|以后|不再|今后|从现在|打算|永远|\b(?:decided|from now|will|won't|no longer|going to|never|we want)\b"
)
_DECIDED = re.compile(
    r"(?<![怎来由取])决定(?!因素|性|权|于|不了)|(?:定下来|拍板)(?:了|要|：|:)|\bwe(?:'ve| have)? (?:all )?(?:decided|agreed)\b"
)
_LIMIT = re.compile(
    r"^(?:我们?|咱们?|本店|我们店|公司|老板)(?:绝对|坚决|永远|一直|从来|暂时|目前|现在)*(?:不做|不能|不接受|不会|不想|不打算|只做|只卖|必须|只能)"
    r"|^(?:we|our shop) (?:never|cannot|can't|won't|will not|must|only|do not|don't)\b"
)
_NOT_BUT = re.compile(
    r"不是\s*\d[\d.]*\s*(?:%|个点|点|万|元|块)?\s*[,，]?\s*(?:而|应该)?是|\bnot \d[\d.]*\s*(?:%|k|percent)?\s*(?:but|,)"
)
_KEEP = re.compile(
    r"^(?:请|麻烦|帮我|你)*(?:记住|记一下|记下来?|记着|备注)(?:一下|了|：|:|，|,|\s)*(?P<zh>.+)$"
    r"|^(?:please )?(?:remember|note|keep in mind)(?: that|:|,) ?(?P<en>.+)$"
)
_JOINED = re.compile(r"^(?:and|but|so|also|而且|并且|另外|还有|然后)\s*", re.I)
_KINDS = {
    "tone": re.compile(r"语气|口吻|简短|说话方式|tone|style|short"),
    "stage": re.compile(r"阶段|stage"),
    "decision": re.compile(r"决定|decision"),
    "constraint": re.compile(r"限制|约束|底线|constraints?|limits?"),
    "note": re.compile(r"备注|notes?"),
}


@dataclass
class Heard:
    """`figures` and `notes` (kind, text) are to be kept, `forget` holds keys and ids, `declined` keys; `listing` asks what is kept.

    `rules` are the limits recognised in what was said; `unknown` is what was to be forgotten and is not kept.
    """

    figures: list[Stated] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    forget: list[str] = field(default_factory=list)
    declined: list[str] = field(default_factory=list)
    listing: bool = False
    unknown: str = ""
    rules: list[Rule] = field(default_factory=list)

    @property
    def slots(self) -> dict[str, Any]:
        """As plain JSON, for whoever writes it down."""
        return {
            "stated": [{"key": one.key, "value": str(one.value), "unit": one.unit} for one in self.figures],
            "remember": [{"kind": kind, "text": text} for kind, text in self.notes],
            "forget": self.forget,
            "declined": self.declined,
        }


def hear(raw: str, plain: str, history: Sequence[Message], memory: Memory) -> Heard | None:
    """What a sentence tells about itself and the shop; None when it asks for something else or says nothing of the kind."""
    if len(plain) > _LONGEST:
        return None
    if _LIST.search(plain):
        return Heard(listing=True)
    forgotten = _forgotten(plain, memory)
    if forgotten is not None:
        return forgotten
    declined = _declined(plain, history)
    if declined:
        return Heard(declined=declined)
    if asks(plain) or _WONDERS.search(plain) or (_REQUEST.search(plain) and not _KEEP.search(plain)):
        return None
    return _told(raw, plain, memory)


def _told(raw: str, plain: str, memory: Memory) -> Heard | None:
    heard = Heard(figures=_figures(_NOT_BUT.sub("是", plain)))
    kept = _KEEP.search(plain)
    said = _words(raw, plain) if kept is None else _words(_kept_words(raw), kept["zh"] or kept["en"])
    tone = "" if _ABOUT_A_TEXT.search(plain) else _first(_patterns("tones"), plain)
    rules = ruled_out_in(plain)
    past = bool(_DONE.search(plain)) and not _FOR_GOOD.search(plain)  # an event that happened, not a wish
    if allowed := [note for note in memory.notes if _allows(plain, note)]:
        heard.forget = [note.id for note in allowed]
    elif rules and not past:
        kind = "decision" if _DECIDED.search(plain) else "constraint"
        heard.notes.append((kind, _clauses(said, lambda clause: bool(ruled_out_in(clause)))))
        heard.rules = rules
    if stage := _first(_patterns("stages"), plain):
        heard.notes.append(("stage", stage))
    if tone == "full":
        heard.forget += [note.id for note in memory.of_kind("tone")]
    elif tone:
        heard.notes.append(("tone", _clauses(said, lambda clause: bool(_first(_patterns("tones"), clause.lower())))))
    if not (heard.figures or heard.notes or heard.forget):
        other = _other(plain if kept is None else said.lower()) or ("note" if kept is not None else "")
        heard.notes += [(other, said)] if other else []
    return heard if heard.figures or heard.notes or heard.forget else None


def _clauses(said: str, meant: Callable[[str], bool]) -> str:
    """The part of a sentence that says it, without what else was told in it; the whole where no part says it alone."""
    parts = [_JOINED.sub("", part.strip()) for part in re.split(r"[，,。.；;！!]", said)]
    return "，".join(part for part in parts if part and meant(part)) or said


def _other(plain: str) -> str:
    """A decision or a limit whose subject no rule knows: kept, shown beside advice, not worked with."""
    return "decision" if _DECIDED.search(plain) else "constraint" if _LIMIT.search(plain) else ""


def _figures(plain: str) -> list[Stated]:
    """The figures stated. The cost of goods as a share of sales gives the margin unless that was said too."""
    found = read_stated(plain)
    known = {one.key: one for one in found}
    if "goods_cost_rate" in known and "gross_margin" not in known:
        found.append(Stated("gross_margin", Decimal(1) - known["goods_cost_rate"].value, "ratio"))
    return found


def _words(raw: str, plain: str) -> str:
    """The sentence as it was written, fit to be quoted."""
    return quoted_note(raw) or quoted_note(plain)


def _kept_words(raw: str) -> str:
    return re.sub(r"^\s*(?:请|麻烦|帮我|你)*(?:记住|记一下|记下来?|记着|备注|(?:please )?(?:remember|note|keep in mind)(?: that)?)(?:一下|了|[：:，,\s])*", "", raw, flags=re.I)  # fmt: skip


@cache
def _patterns(name: str) -> Mapping[str, re.Pattern[str]]:
    return {
        key: re.compile("|".join(form for language, form in spec.items() if name == "tones" or language != "en"))
        for key, spec in data_yaml("remember.yaml")[name].items()
    }


def _first(patterns: Mapping[str, re.Pattern[str]], plain: str) -> str:
    return next((key for key, pattern in patterns.items() if pattern.search(plain)), "")


def tones_of(memory: Memory) -> set[str]:
    """The tones asked for, "brief" and "plain"."""
    return {tone for note in memory.of_kind("tone") if (tone := _first(_patterns("tones"), note.text.lower()))}


def _allows(plain: str, note: Note) -> bool:
    allowed = {rule.id for rule in allowed_in(plain)}
    return bool(allowed) and bool(allowed & {rule.id for rule in ruled_out_in(note.text)})


def _forgotten(plain: str, memory: Memory) -> Heard | None:
    match = _FORGET.search(plain)
    if match is None or (asks(plain) and not _PLAIN_FORGET.match(plain)):
        return None
    target = next(part for part in match.groups() if part).strip(" 。.!！吧了“”\"'")
    if _EVERYTHING.search(target):
        return Heard(forget=[*(one.key for one in memory.figures), *(note.id for note in memory.notes)])
    refs = [one.key for one in memory.figures if _names(target, one.key)]
    refs += [note.id for note in memory.notes if _is_meant(target, note)]
    if refs and _first(_patterns("tones"), plain) == "full":
        refs += [note.id for note in memory.of_kind("tone") if note.id not in refs]
    if refs:
        return Heard(forget=refs)
    return Heard(unknown=quoted_note(target)) if _PLAIN_FORGET.search(plain) and not asks(plain) else None


def _names(target: str, key: str) -> bool:
    try:
        label = label_of(key)
    except KeyError:
        return False
    short = {"gross_margin": ("毛利", "margin"), "goods_cost_rate": ("货成本", "cost of goods")}.get(key, ())
    return any(word in target for word in (label["zh"], label["en"].lower(), *short))


def _is_meant(target: str, note: Note) -> bool:
    said = note.text.lower()
    if _KINDS[note.kind].search(target) if note.kind in _KINDS else False:
        return True
    about = {rule.id for rule in touched_by(target)}
    return bool(about & {rule.id for rule in ruled_out_in(said)}) or target in said or said in target


def _declined(plain: str, history: Sequence[Message]) -> list[str]:
    """The margin, when it was just asked for or is named."""
    if len(plain) > 40 or not _DECLINES.search(plain):
        return []
    last = next((message.text for message in reversed(history) if message.role == "assistant"), "")
    named = re.search(r"毛利|margin", plain) is not None and not re.search(r"[?？]|多少", plain)
    return ["gross_margin"] if named or any(part in last for part in ASKED_MARGIN) else []


def told_facts(slots: Mapping[str, Any], merchant_id: str, currency: str) -> list[Any]:
    """The facts of what a turn was told, under the ids they keep in later turns."""
    figures = [
        figure_fact(
            merchant_id,
            said["key"],
            {**said, "unit": currency if said["unit"] == "money" else said["unit"], "label": label_of(said["key"])},
        )
        for said in slots.get("stated", ())
    ]
    return figures + [note_fact(merchant_id, said["kind"], said["text"]) for said in slots.get("remember", ())]
