"""Saying back what was told: what was noted or forgotten, what it changes, and how to take it back, in one or two sentences."""

from __future__ import annotations

from decimal import Decimal

from advisor.brains.base import ShopCard
from advisor.brains.frame.lexicon import data_yaml
from advisor.brains.frame.remember import Heard, tones_of
from advisor.brains.frame.stated import Stated, label_of
from advisor.brains.memory import Memory, Note
from tools.stated import quoted_note
from tools.text import Text, format_value

__all__ = ["confirmed"]

_MOST_LISTED = 12
_DECLINED = Text(
    "好，毛利率我不再问；没有它时，相关建议只按成交额算，不扣成本，也会写明。以后想说了，直接说“毛利率 40%”就行。",
    "All right, I will not ask for the margin again. Without it, advice counts sales only, before costs, and says so. "
    'If you change your mind, just say "margin 40%".',
)
_STAFF = Text(
    "听到了，但只有商家自己能让我记下或忘掉店里的情况，这句没有保存。",
    "Heard, but only the merchant can have me note or forget things about the shop; this was not kept.",
)
_EMPTY = Text(
    "还没有记下你说过的情况。可以直接告诉我，例如“毛利率 45%”“我们不打折”“预算 2 万”“说简短一点”。",
    'Nothing you told me is kept yet. Just say it, such as "margin 45%", "no discounts", "budget 20,000" or "keep it short".',
)


def confirmed(heard: Heard, shop: ShopCard) -> Text:
    """The whole reply. A figure that replaces another one says both."""
    memory = shop.memory
    if heard.listing:
        return _list(memory, shop.currency)
    if not memory.writable:
        return _STAFF
    if heard.declined:
        return _DECLINED
    if heard.unknown:
        return Text(
            f"没有记过“{heard.unknown}”。问“你记住了什么”可以看全部。",
            f'Nothing is kept about "{heard.unknown}". Ask "what do you remember" to see everything.',
        )
    parts = []
    if heard.figures:
        parts.append(_figures(heard.figures, memory, shop.currency))
    parts += [_note(kind, text, heard, memory) for kind, text in heard.notes]
    if heard.forget:
        parts.append(_gone(heard.forget, memory, shop.currency))
    first, *more = parts
    more = [
        Text(part.zh.replace("记下了：", "另外记下：", 1), part.en.replace("Noted:", "Also noted:", 1)) for part in more
    ]
    return Text("".join(part.zh for part in (first, *more)), " ".join(part.en for part in (first, *more)))


def _said(value: Decimal, unit: str, currency: str) -> Text:
    unit = currency if unit == "money" else unit
    return Text(*(format_value(value, unit, lang).strip() for lang in ("zh", "en")))


def _figures(figures: list[Stated], memory: Memory, currency: str) -> Text:
    zh, en, changes = [], [], []
    for one in figures:
        label, new, before = label_of(one.key), _said(one.value, one.unit, currency), memory.figure(one.key)
        old = _said(before.value, before.unit, currency) if before is not None and before.value != one.value else None
        zh.append(f"{label['zh']} {new.zh}（商家口述" + (f"，替换原来的 {old.zh}）" if old else "）"))
        en.append(f"{label['en']} {new.en} (stated by you" + (f", replaces {old.en})" if old else ")"))
        known = data_yaml("remember.yaml")["changes"]
        changes.append(known.get(one.key) or known["month_target" if one.key.startswith("month_target") else "other"])
    first = label_of(figures[0].key)
    return Text(
        f"记下了：{'、'.join(zh)}。以后{'，'.join(dict.fromkeys(c['zh'] for c in changes))}，用到时会注明；"
        f"不对就再说一遍，不要了就说“忘掉{first['zh']}”。",
        f"Noted: {', '.join(en)}. From now on {'; '.join(dict.fromkeys(c['en'] for c in changes))}, and answers say so. "
        f'Say it again to correct it, or "forget the {first["en"]}" to take it back.',
    )


def _note(kind: str, text: str, heard: Heard, memory: Memory) -> Text:
    if kind == "stage":
        return _stage(text, memory)
    said = quoted_note(text)
    if kind == "tone":
        return Text(
            f"记下了：“{said}”。以后原因最多两条、做法最多一条，不列其他；计划和依据照旧，句子由核对过的数字拼成，口气改得有限。想看全的就说“详细一点”。",
            f'Noted: "{said}". From now on at most two reasons and one thing to do, nothing else; plan and evidence stay, and as sentences '
            'are built from checked figures their tone can change only so much. Say "more detail" to undo it.',
        )
    if heard.rules and kind in ("constraint", "decision"):
        zh, en = "；".join(r.label.zh for r in heard.rules), "; ".join(r.label.en for r in heard.rules)
        return Text(
            f"记下了：“{said}”（商家口述），按“{zh}”理解。碰到它的做法和步骤以后不再推荐，去掉了哪些、为什么都会写明；改主意了就说“忘掉”加上这句话。",
            f'Noted: "{said}" (said by you), read as "{en}". Playbooks and steps against it are no longer advised, and answers say which '
            'were left out and why. If you change your mind, say "forget" and these words.',
        )
    if kind == "constraint":
        return Text(
            f"记下了：“{said}”（商家口述）。哪些做法会碰到它我判断不了，给建议时会把它列在旁边，请你自己对一遍；不要了就说“忘掉”加上这句话。",
            f'Noted: "{said}" (said by you). I cannot tell which playbooks go against it, so it is shown beside advice for you to check. '
            'To take it back, say "forget" and these words.',
        )
    return Text(
        f"记下了：“{said}”（商家口述）。它不参与计算，问“你记住了什么”能看到；不要了就说“忘掉”加上这句话。",
        f'Noted: "{said}" (said by you). Nothing is worked out with it; ask "what do you remember" to see it. '
        'To take it back, say "forget" and these words.',
    )


def _stage(stage: str, memory: Memory) -> Text:
    names = data_yaml("remember.yaml")["stages"]
    before = next((note.text for note in memory.of_kind("stage") if note.text != stage and note.text in names), "")
    zh, en = (f"（原来是{before}）", f" (was: {names[before]['en']})") if before else ("", "")
    return Text(
        f"记下了：店铺处于{stage}阶段{zh}（商家口述）。打法按订单和数据匹配，不按阶段挑，这一条只作背景；不对就再说一遍，或说“忘掉阶段”。",
        f"Noted: the shop is {names[stage]['en']}{en} (said by you). Playbooks are matched by orders and figures, so this is background only. "
        'Say it again to correct it, or "forget the stage".',
    )


def _gone(refs: list[str], memory: Memory, currency: str) -> Text:
    lines = [line for ref, line in _lines(memory, currency) if ref in refs]
    if not lines:
        return _EMPTY
    zh, en = "、".join(line.zh for line in lines), ", ".join(line.en for line in lines)
    return Text(f"忘掉了：{zh}。以后的回答不再用它。", f"Forgotten: {en}. Later answers do not use it.")


def _lines(memory: Memory, currency: str) -> list[tuple[str, Text]]:
    """Everything kept, each with what it is taken back by."""
    lines: list[tuple[str, Text]] = []
    for one in memory.figures:
        try:
            label = label_of(one.key)
        except KeyError:
            label = {"zh": one.key, "en": one.key}
        said = _said(one.value, one.unit, currency)
        lines.append((one.key, Text(f"{label['zh']} {said.zh}", f"{label['en']} {said.en}")))
    for note in memory.of_kind("stage", "constraint", "tone", "decision", "note"):
        lines.append((note.id, _line(note)))
    return lines


def _line(note: Note) -> Text:
    names = data_yaml("remember.yaml")["stages"]
    if note.kind == "stage" and note.text in names:
        return Text(f"{note.text}阶段", f"stage: {names[note.text]['en']}")
    said = quoted_note(note.text)
    return Text(f"“{said}”", f'"{said}"')


def _list(memory: Memory, currency: str) -> Text:
    lines = [line for _ref, line in _lines(memory, currency)]
    if not lines:
        return _EMPTY
    more = len(lines) - _MOST_LISTED
    zh, en = "；".join(line.zh for line in lines[:_MOST_LISTED]), "; ".join(line.en for line in lines[:_MOST_LISTED])
    tail = Text("；其余见 advisor memory list", "; the rest: `advisor memory list`") if more > 0 else Text("", "")
    brief = Text("，回答按要求写短", ", answers are kept short") if tones_of(memory) else Text("", "")
    return Text(
        f"你告诉过我（商家口述）：{zh}{tail.zh}{brief.zh}。要改就再说一遍，要删就说“忘掉……”。",
        f'You told me: {en}{tail.en}{brief.en}. Say it again to change one, or "forget …" to delete it.',
    )
