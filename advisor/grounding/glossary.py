"""The words a metric, a customer group or a traffic source goes by, read from `seeds/metrics.yaml`; finds them in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from tools.seeds import load_yaml

__all__ = ["CUSTOMER_GROUPS", "SEGMENT_GROUPS", "Glossary", "Mention", "default_glossary", "groups_in"]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


@dataclass(frozen=True)
class Mention:
    """A metric named in the text. `weak`: an everyday noun (orders, 新客) that may just be the subject of the sentence."""

    word: str
    start: int
    end: int
    metrics: frozenset[str]
    weak: bool = False


# Everyday nouns among the aliases: they name a metric only when nothing more exact stands near the figure.
_WEAK = _set(
    "orders items units buyers customers visitors sessions sales shipping discount traffic quantity clicks returns refund refunds "
    "depth frequency turnover conversion 生意 流水 收藏 新客 老客 老买家 新买家 回头客 退款 转化 缺货 断货 流量 访客 邮费 花费 消耗 复购 件数 "
    "差评 投产 业绩 场次 会员成交 new-buyers new-customers returning-buyers returning-customers repeat-customers stock-out "
    "bad-reviews"
)
# Measures that shops talk about and the catalogue may not carry: a figure under such a name needs a fact that says the name.
_BEYOND = (
    "毛利率", "毛利", "净利率", "净利润", "利润率", "利润", "入会率", "获客成本", "拉新成本", "终身价值", "生命周期价值", "复购周期", "到手价", "加粉率",
    "好评率", "核销率", "打开率", "点开率", "完播率", "留存率", "流失率", "市场份额", "坪效", "库存周转", "售罄率", "客诉率", "退货成本", "物流成本",
    "佣金率", "扣点", "保本", "营业收入", "gross margin", "net margin", "profit margin", "margin", "net profit", "profit", "ltv", "lifetime value", "cac",
    "acquisition cost", "churn rate", "churn", "retention rate", "retention", "open rate", "break-even", "market share", "opt-in rate",
    "sign-up rate", "redemption rate", "bounce rate", "nps",
)  # fmt: skip

SEGMENT_GROUPS: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.I)
    for name, pattern in {
        "nonmember": r"非会员|non-?members?",
        "member": r"(?<!非)会员|(?<!non-)(?<!non)\bmembers?\b",
        "new": r"新客|新买家|新顾客|新用户|首购|\bnew (?:buyers?|customers?|shoppers?)|\bfirst[- ]time\b|^new$|^new_",
        "returning": r"老客|老买家|老顾客|老用户|回头客|\b(?:returning|repeat|existing) (?:buyers?|customers?|shoppers?)|^returning|^repeat$",
        "search": r"搜索|\bsearch\b",
        "recommend": r"推荐|猜你喜欢|\brecommend\w*|^feed$",
        "paid": r"付费(?!会员)|直通车|万相台|引力魔方|投放|\bpaid (?:traffic|ads?|search|visitors?)|^paid$|\bads\b",
        "live": r"直播|店播|达播|\blive ?stream\w*|\blive\b(?! chat| data)",
        "video": r"短视频|\bshort video",
        "affiliate": r"淘客|淘宝客|\baffiliate",
        "direct": r"\bdirect (?:traffic|visitors?)|直接访问|^direct$",
        "email": r"邮件|\bemail",
        "social": r"小红书|抖音|微博|\bsocial media|^social$",
    }.items()
}


CUSTOMER_GROUPS = frozenset({"new", "returning", "member", "nonmember"})  # the others are traffic sources
# Platforms and places that case files carry as names, and that any answer may mention.
_NOT_A_BRAND = frozenset(
    [
        "天猫",
        "淘宝",
        "京东",
        "抖音",
        "快手",
        "小红书",
        "微信",
        "拼多多",
        "支付宝",
        "tmall",
        "taobao",
        "shopify",
        "jd",
        "douyin",
        "amazon",
        "直播",
        "会员",
        "中国",
        "china",
    ]
)


def groups_in(text: str) -> set[str]:
    """Customer groups and traffic sources named in a text."""
    return {name for name, pattern in SEGMENT_GROUPS.items() if pattern.search(text)}


@dataclass(frozen=True)
class Glossary:
    """Names and units of metrics by id, and brand names known to the case base (so that an uncited one is noticed)."""

    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    brands: frozenset[str] = frozenset()

    def knows(self, metric: str) -> bool:
        return metric in self.names

    def counts(self, metric: str) -> bool:
        """The metric is a number of orders, people, items …"""
        return self.units.get(metric, "") in ("orders", "buyers", "visitors", "items", "times", "count", "days")

    def mentions(self, text: str) -> list[Mention]:
        """Metrics named in `text`; the longest name wins where two overlap."""
        found: list[Mention] = []
        low, at = text.lower(), 0
        while at < len(text):
            match = self._match(text, low, at)
            if match is None:
                at += 1
                continue
            at = match.end()
            word = _squash(match[0])
            metrics = self._named[1].get(word) or self._named[1].get(word.removesuffix("s"), frozenset())
            if metrics:
                weak = word in _SQUASHED_WEAK or word.removesuffix("s") in _SQUASHED_WEAK
                found.append(Mention(match[0], match.start(), match.end(), metrics, weak))
        return found

    def _match(self, text: str, low: str, at: int) -> re.Match[str] | None:
        pattern = self._named[0].get(low[at])
        return None if pattern is None else pattern.match(text, at)

    @cached_property
    def _named(self) -> tuple[dict[str, re.Pattern[str]], dict[str, frozenset[str]]]:
        return _compiled(self.names)

    @cached_property
    def spoken(self) -> str:
        """Every name of a metric, in lower case: none of them is a foreign name."""
        return " \n ".join(name.lower() for names in self.names.values() for name in names)

    @cached_property
    def brand_pattern(self) -> re.Pattern[str]:
        """Any known brand; a Latin one as a whole word."""
        forms = (rf"(?<![A-Za-z]){re.escape(b)}(?![A-Za-z])" if b.isascii() else re.escape(b) for b in self.brands)
        return re.compile("|".join(sorted(forms, key=len, reverse=True)) or r"(?!)")


def _squash(word: str) -> str:
    return re.sub(r"[\s\-]+", "", word).lower()


_SQUASHED_WEAK = frozenset(_squash(word) for word in _WEAK)


def _compiled(
    named: Mapping[str, tuple[str, ...]],
) -> tuple[dict[str, re.Pattern[str]], dict[str, frozenset[str]]]:
    """Patterns by first letter (one long alternation costs milliseconds a sentence), and metric ids by squashed name."""
    ids: dict[str, set[str]] = {}
    shown: set[str] = set()
    for metric, names in named.items():
        for name in names:
            ids.setdefault(_squash(name), set()).add(metric)
            shown.add(name)
    for name in _BEYOND:
        if _squash(name) not in ids:
            ids[_squash(name)] = {f"beyond:{_squash(name)}"}
            shown.add(name)
    initials: dict[str, list[str]] = {}
    for name in sorted(shown, key=lambda name: (-len(name), name)):
        initials.setdefault(name[0].lower(), []).append(_name_pattern(name))
    patterns = {letter: re.compile("|".join(forms), re.I) for letter, forms in initials.items()}
    return patterns, {word: frozenset(metrics) for word, metrics in ids.items()}


def _name_pattern(name: str) -> str:
    """Spaces are optional in Chinese names, flexible in English ones; a Latin name is a whole word, maybe plural."""
    words = re.findall(r"[A-Za-z0-9]+|[^\sA-Za-z0-9\-]+", name)
    gap = r"[\s\-]*" if re.search(r"[^\x00-\x7f]", name) else r"[\s\-]+"
    body = gap.join(re.escape(word) for word in words)
    head = r"(?<![A-Za-z0-9])(?<!non-)" if name[0].isascii() else "(?<!非)"
    tail = r"s?(?![A-Za-z])" if name[-1].isascii() and name[-1].isalpha() else ""
    return head + body + tail


def _names_of(entry: Mapping[str, Any]) -> Iterable[str]:
    for key in ("zh", "en"):
        if entry.get(key):
            yield str(entry[key])
            # 退款率（金额）is also said without the bracket
            yield re.sub(r"[（(].*?[)）]", "", str(entry[key])).strip()
    yield from (str(alias) for alias in entry.get("aliases", ()))


@cache
def default_glossary() -> Glossary:
    """The catalogue's names and the case base's brands; empty parts where a file is not shipped."""
    return Glossary(_metric_names(), _metric_units(), _brands())


def _catalogue() -> Mapping[str, Mapping[str, Any]]:
    try:
        found: Mapping[str, Mapping[str, Any]] = load_yaml("metrics.yaml")["metrics"]
    except FileNotFoundError:
        return {}
    return found


def _metric_names() -> dict[str, tuple[str, ...]]:
    return {
        metric: tuple(dict.fromkeys(name for name in _names_of(entry) if name))
        for metric, entry in _catalogue().items()
    }


def _metric_units() -> dict[str, str]:
    return {metric: str(entry.get("unit", "")) for metric, entry in _catalogue().items()}


def _brands() -> frozenset[str]:
    """Brand names of the case base, without generic words; each spelling of `认养一头牛 (Adopt A Cow)` on its own."""
    from tools.seeds import seed_path

    try:
        folder = seed_path("cases")
    except FileNotFoundError:
        return frozenset()
    found: set[str] = set()
    for path in folder.glob("*.y*ml"):
        text = path.read_text(encoding="utf-8")
        for line in re.findall(r"^(?:brand|name|name_en):\s*(.+)$", text, re.M):
            parts = re.split(r"[()（）/、,，]", line.strip("\"' "))
            found.update(part.strip() for part in parts if len(part.strip()) > 1)
    return frozenset(name for name in found if name.lower() not in _NOT_A_BRAND)
