"""Words that say one thing brought about another, beyond 导致 and "caused": 让成交提高, 源于, 带来的, lifts, generated, ate.

The evidence of a shop decomposes and associates. A word of effect is allowed where a cited claim uses it, or where the writer denies or
doubts it.
"""

from __future__ import annotations

import re

from advisor.grounding.language import denied

__all__ = ["effect_phrases"]

_MOVE = r"(?:提高|提升|增加|增长|上升|上涨|下降|下滑|减少|降低|变好|变差|变高|变低|回升|走高|走低|多|少|翻|掉|跌|[降升涨][到至了])"
_NOUN_FOLLOWS = r"了?(?=[^\d\s，。；,;!！?？约近到至了的]{2})"
_ZH = re.compile(
    rf"(?:让|使|令|把|将)(?![利渡步给])[^，。；,;]{{1,24}}?{_MOVE}"
    r"|(?:来源|缘|起因|归咎|得益|受益|归因|取决)于|源[于自]|出于(?!对)|全靠|都?怪(?!不)|多亏|归功|的功劳|害的|惹的|所致|拖垮|推高"
    r"|(?:原因|问题|根源|关键|症结|主因)(?:是|在于|出在|就在)"
    r"|(?:带动|拉动|推动|促进|刺激|拖累|拖低|提振|挤压|抢走|吃掉|蚕食|分流|助推|催生|换来|促成)(?![费作力])"
    r"|是[^，。；]{1,16}(?:造成|带来|引起|导致|惹|害|产生|贡献)的(?=[。，；]|$|\[)"
    r"|受[^，。；]{1,14}?(?:影响|拖累|带动|冲击|推动)"
    r"|(?:增长|下降|下滑|下跌|减少|增加|上涨|变化|提升|回升|走低|走高|多出来的)(?:主要|大部分|都|全部|基本)?(?:来自|源自|出在)"
    rf"|(?<![以能可何已年月日价数率额量比]){_MOVE}了(?=(?:复购|转化|成交|客单|退款|退货|销|生意|流量|访客|订单|利润|毛利|投产|GMV))"
    rf"|(?:提高|提升|拉高|拉低|改善){_NOUN_FOLLOWS}(?<!比提高)"
    r"|因(?!素|子|此|而异|人|地|时|数|不)[^，。；]{1,16}(?:而|下降|下滑|上升|增加|减少|变|走)"
)
_AGENT = r"(?:sales|sessions?|streams?|streaming|live|ads?|campaigns?|coupons?|members?(?:hip)?|programme|joining|sms|messages?|price\w*|discounts?|it|this|that|which|they|host|video|search|traffic|promotion\w*|stock-?outs?|refunds?|\w+ing)"
_EN = re.compile(
    r"\b(?:stems?|stemm(?:ed|ing)|arises?|arose) from\b|\b(?:driven|fuel+ed|boosted|hurt|helped|held back|dragged down|pushed (?:up|down)|lifted|pulled (?:up|down)|caused|carried|powered|propped up|weighed down|supported) by\b"
    r"|\bon the back of\b|\bon account of\b|\battribut(?:ed|able) to\b|\bdown to (?=the|a|weak|poor|fewer|lower|higher|bad|our|your)"
    r"|\bthe only (?:factor|reason|cause|driver|thing)\b"
    r"|\b(?:the )?(?:main |real |root )?(?:reason|culprit|driver) (?:is|was|behind)\b|\bblame\w*\b|\bthat is why\b|\bas a consequence\b|\bconsequently\b"
    r"|\bcannibali[sz]\w+|\b(?:ate|eats|eating) (?:into|up|the|away|our|your)\b|\bstole\b|\bsteals\b|\btook (?:sales|buyers|customers|visitors) (?:from|away)\b"
    r"|\b(?:boost(?:s|ed)?|generat(?:es|ed)|spurr?(?:s|ed)|fuel+(?:s|ed)|drives|drove|produced|creat(?:es|ed)|yielded|trigger(?:s|ed)|prompt(?:s|ed)|harm(?:s|ed)|damaged|hurts|raises|reduces|improves|lowers|lifts|increases|cuts|enabled)"
    r"(?= (?:the|our|your|its|their|more|extra|additional|shop|sales|repurchase|repeat|conversion|refund|gmv|orders|traffic|revenue|spend|\d|[¥£$€]))"
    r"|\b(?:made|makes|making|let|lets|got|helped|helps|pushed|pushes|pulled|sent|kept) (?:the |our |your |its )?(?:\w+ ){1,3}(?:rise|fall|grow|drop|go|climb|shrink|up|down|higher|lower|better|worse|buy|return|come)\b"
    r"|\bcontribut\w+ to (?:the |a |this )?(?:rise|fall|drop|growth|decline|increase|decrease)|\b(?:growth|rise|increase|drop|fall|decline|change|decrease) (?:\w+ ){0,4}?(?:came|comes|stemmed) from\b"
    r"|\bthanks (?:largely |mainly |mostly )?to\b|\bsince (?=the (?:price|picture|host|ads?|page|stock)\b)|\breflects?\b(?= (?:the|a|weak|poor|strong|better|worse))",
    re.I,
)
_DOUBTED = re.compile(
    r"是否|能否|会不会|不能|无法|不代表|不等于|不意味|没有证据|未必|不一定|不是|并非|不说明|不证明|不见得|看不出|说明不了|尚不|还不|排除|可能|也许|或许|大概|如果|"
    r"whether|cannot|can't|could not|not (?:show|prove|mean|proof|clear|because|be)|n't|no evidence|rather than|unclear|unknown|may\b|might|could|perhaps|possibly|probably|seems?|\bif\b|"
    r"避免|防止|以免|以防|avoid|prevent",
    re.I,
)
_TAIL = re.compile(
    r"^[^，。；,;]{0,12}(?:未必|不一定|还不能|不能断定|看不出|说不准|有待)|^[^,.;]{0,24}\b(?:is not proven|is unknown|is unclear|cannot be)"
)


def effect_phrases(text: str) -> list[str]:
    """Words of effect in `text`, without the denied and doubted ones."""
    found = []
    for pattern in (_ZH, _EN):
        for match in pattern.finditer(text):
            head = re.split(r"[。；;!?！？]|\.(?=\s)", text[: match.start()])[-1][-40:]
            doubted = (
                denied(text, match.start())
                or _DOUBTED.search(head)
                or _DOUBTED.search(match[0])
                or _TAIL.search(text[match.end() :])
            )
            if not doubted:
                found.append(match[0])
    return found
