"""Names a statement may use: quoted titles, brands and case ids must come from what it cites, the question or the shop."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["foreign_names"]

_TITLE = re.compile(r"《([^》]{1,40})》")
_QUOTED = re.compile(r"[“\"「『]([^”\"」』]{2,40})[”\"」』]")
_CASE_CONTEXT = re.compile(
    r"案例|品牌|参考|借鉴|反例|同行|学(?:习)?\S{0,6}(?:做法|打法)|像.{1,14}(?:一样|那样|这样)|case|brand|like |as .{1,20} did|example|peer|competitor",
    re.I,
)
_CASE_MARK = re.compile(r"\[c\d+\]")
_CASE_ID = re.compile(r"\b[a-z0-9]{2,}(?:-[a-z0-9]{2,}){2,}\b")
_CAPITALISED = re.compile(
    r"(?<![\w@#/.])[A-Z][A-Za-z0-9&'’]*[A-Za-z0-9](?:[ \-](?:[A-Z][A-Za-z0-9&'’]*|&|of|de|la)(?=[ \-,.;:!?)\]]|$))*"
)
_MENU = re.compile(r"[A-Za-z][\w ’'&/.-]{0,30}(?:\s*(?:→|›|>)\s*[A-Za-z][\w ’'&/-]{0,30})+")
_BRAND_ACTS = re.compile(
    r"^(?:'s|’s)?\s+(?:grew|raised|used|ran|launched|lifted|increased|cut|opened|built|saw|tried|did|lost|sold|doubled|tripled|gained|"
    r"reported|found|achieved|got|made|had|moved|switched|stopped|introduced|brand|case)\b"
)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Words that are capitalised without naming anybody.
_PLAIN = _set(
    """
    a an the this that these those it its we you your they i if in on at of for from to by with and or but not no as is are was were be
    when while where what why how which who whose then than so because since after before during over under up down more most less
    first second third next last each every both all any some one two three four five six seven eight nine ten compared
    do don start stop keep run set send give use check watch test try ask offer check measure limit plan review move cut put make let
    here there now today yesterday tomorrow week month day year quarter step note yes ok also only just still yet
    january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec
    monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun
    gmv roi roas kpi sms crm vip sku spu uv pv ctr cvr aov arpu ltv cac rfm aipl csv excel xlsx utc cny rmb usd gbp eur hkd qr faq
    api ai ui id url seo sem kol koc ugc pgc dtc b2b b2c o2o oem saas erp wms tmall taobao alibaba shopify douyin tiktok jd pdd
    pinduoduo wechat weibo xiaohongshu rednote kuaishou amazon facebook instagram google meta qianniu sycm alimama wanxiangtai
    china chinese uk us eu europe english bi-weekly black friday christmas singles boxing easter pos app abc ab bg nbd lmdi shapley
    double growth revenue sales orders buyers customers visitors members conversion refund refunds traffic repeat retention price
    headline why how what decision evidence merchant advisor shop store seller brand case playbook day days new returning
    """
)  # fmt: skip


def foreign_names(text: str, *, allowed: Iterable[str], brands: re.Pattern[str]) -> list[str]:
    """Names in `text` that none of the `allowed` texts (claims, entities, question) contains."""
    known = " \n ".join(allowed).lower()
    bare = _MENU.sub(" ", re.sub(r"\[[a-z]\d+\]", " ", text))  # Qianniu → Marketing → Coupons names a menu
    found = [name for name in _TITLE.findall(bare) if name.lower() not in known]
    in_case = bool(_CASE_CONTEXT.search(bare) or _CASE_MARK.search(text))
    if in_case:
        found += [name for name in _QUOTED.findall(bare) if _looks_named(name) and name.lower() not in known]
    found += [brand for brand in brands.findall(bare) if brand.lower() not in known]
    found += [name for name in _CASE_ID.findall(bare) if name not in known and in_case and not _english_compound(name)]
    found += _capitalised(bare, known, in_case=in_case)
    return list(dict.fromkeys(found))


def _looks_named(quoted: str) -> bool:
    """A quoted name, not a quoted sentence, coupon text or menu word."""
    return not re.search(r"[，。！？,!?→+%\d]|满|减|券|[的了吗]", quoted) and (len(quoted) <= 12 or quoted.istitle())


def _english_compound(name: str) -> bool:
    """month-on-month, first-time-buyer: hyphenated English, not an id."""
    return bool(
        re.search(r"-(?:on|to|by|of|and|in|the|a|up|time|day|over|for|out)-|-(?:time|day|week|month|year)$", name)
    )


def _capitalised(text: str, known: str, *, in_case: bool) -> list[str]:
    found = []
    for match in _CAPITALISED.finditer(text):
        words = [word for word in re.split(r"[ \-]", match[0]) if word]
        first = words[0]
        while words and _plain(words[0]):
            words.pop(0)
        while words and (_plain(words[-1]) or words[-1] in ("&", "of", "de", "la")):
            words.pop()
        if not words or (not in_case and match[0].isupper()):
            continue
        words = [re.sub(r"['’]s$", "", word) for word in words]
        name = " ".join(words)
        if name.lower() in known or all(word.lower() in known for word in words):
            continue
        opens = _opens_sentence(text, match.start()) and words[0] == first
        if opens and len(words) == 1 and not (in_case and _BRAND_ACTS.match(text[match.end() :])):
            continue  # an ordinary first word
        found.append(name)
    return found


def _plain(word: str) -> bool:
    low = word.lower().removesuffix("'s").removesuffix("’s")
    return (
        low in _PLAIN or low.removesuffix("s") in _PLAIN or bool(re.fullmatch(r"[A-Z]\d*|Q[1-4]|H[12]|\d+[A-Z]?", word))
    )


def _opens_sentence(text: str, start: int) -> bool:
    return bool(re.search(r"(?:^|[.!?:;。！？：；\n\-*>])[\s\"'“(]*$", text[:start]))
