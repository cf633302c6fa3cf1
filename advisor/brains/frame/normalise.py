"""Language detection and the plain form of a question that rules read. Nothing here depends on the shop."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from tools.text import Lang

__all__ = ["detect_language", "normalise"]

_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
_TRADE_WORDS = re.compile(r"\b(?:gmv|uv|cvr|roi|roas|sku|kol|ltv|aipl|rfm|vip|app|ok|aov)\b", re.IGNORECASE)
_TRADITIONAL = str.maketrans(
    "為麼銷額變會員復購單價訪轉廣費應該這個們還沒嗎現對較幾賣貨體數據導檔產線場開條預級優點擊問題幫樣週東買讓麽兩過時間後",
    "为么销额变会员复购单价访转广费应该这个们还没吗现对较几卖货体数据导档产线场开条预级优点击问题帮样周东买让么两过时间后",
)
_SPOKEN = (
    ("咋回事", "怎么回事"),
    ("咋整", "怎么办"),
    ("咋搞", "怎么做"),
    ("咋个", "怎么"),
    ("咋样", "怎么样"),
    ("咋", "怎么"),
    ("点解", "为什么"),
    ("为嘛", "为什么"),
    ("为毛", "为什么"),
    ("为啥", "为什么"),
    ("干啥", "做什么"),
    ("是啥", "是什么"),
    ("有啥", "有什么"),
    ("做啥", "做什么"),
    ("啥", "什么"),
    ("肿么", "怎么"),
    ("怎嘛", "怎么"),
    ("怎莫", "怎么"),
    ("什莫", "什么"),
    ("嘛回事", "怎么回事"),
    ("复够", "复购"),
    ("付购", "复购"),
    ("从购", "复购"),
    ("转换率", "转化率"),
    ("转化律", "转化率"),
    ("克单价", "客单价"),
    ("客单件", "客单价"),
    ("会圆", "会员"),
    ("销受", "销售"),
    ("消售", "销售"),
    ("直拨", "直播"),
    ("退欵", "退款"),
    ("上各月", "上个月"),
    ("这各月", "这个月"),
)
_FILLER = re.compile(
    r"(?:^|(?<=[，,。\s]))(?:那个|嗯+|呃+|额|啊|哎|唉|诶|就是说|就是|然后|请问一下|请问|麻烦|老师|亲)(?=[，,、\s]|$)|^(?:嗯+|呃+|哎+|唉+|诶+)[，,、\s]*"
)


def detect_language(text: str, wanted: Lang | Literal["auto"] = "auto", *, previous: Lang | None = None) -> Lang:
    """The reader's language: Chinese when the sentence is held together by Chinese characters, whatever English trade
    words it carries. A text with neither ("?") keeps the language of the thread."""
    if wanted != "auto":
        return wanted
    han = len(_HAN.findall(text))
    latin = len(_LATIN_WORD.findall(_TRADE_WORDS.sub(" ", text)))
    if han == 0 and latin == 0:
        return previous or ("en" if _TRADE_WORDS.search(text) else "zh")
    return "zh" if han >= latin else "en"


def normalise(text: str) -> str:
    """Half-width, lower case, simplified, common slips and dialect words replaced, fillers dropped."""
    plain = unicodedata.normalize("NFKC", text).lower().translate(_TRADITIONAL)
    plain = plain.replace("’", "'").replace("‘", "'")
    for said, meant in _SPOKEN:
        plain = plain.replace(said, meant)
    plain = _FILLER.sub("", plain)
    return re.sub(r"\s+", " ", plain).strip(" ,，、")
