"""The shipped playbooks: read once, checked against the schema, found by id. One broken file leaves the others usable."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml
from pydantic import ValidationError

from tools.errors import BadArguments
from tools.playbooks.schema import Playbook
from tools.seeds import load_yaml, seed_path
from tools.text import Text

__all__ = ["GOALS", "BrokenFile", "broken_files", "find_playbook", "goal_named", "playbooks"]

# What a merchant may want, with the words people use for it.
GOALS: dict[str, tuple[Text, tuple[str, ...]]] = {
    "repurchase": (Text("复购", "repurchase"), ("老客", "回购", "retention", "repeat", "repurchase_rate", "repurchase_90d", "returning_buyers")),
    "user_assets": (Text("用户沉淀", "customer assets"), ("会员", "私域", "沉淀", "members", "member", "member_share")),
    "marketing": (Text("营销效果", "marketing results"), ("投放", "推广", "广告", "ads", "ad_roi", "fee_ratio", "roi")),
    "cost": (Text("降低投入", "lower cost"), ("成本", "降本", "省钱", "profit", "利润")),
    "conversion": (Text("转化", "conversion"), ("转化率", "支付转化率", "cvr")),
    "traffic": (Text("流量", "traffic"), ("访客", "访客数", "visitors", "source_visitors")),
    "order_value": (Text("客单价", "order value"), ("笔单价", "客单", "aov", "aov_order", "aov_buyer")),
    "returns": (Text("退货与质量", "returns"), ("退款", "退货", "质量", "refund_rate", "refunds")),
    "stock": (Text("库存", "stock"), ("断货", "缺货", "stock_out_days")),
    "price": (Text("价盘", "prices"), ("价格", "折扣", "discount_depth")),
    "livestream": (Text("直播", "livestream"), ("店播", "主播", "live", "live_gmv")),
    "campaign": (Text("大促", "campaign"), ("618", "双11", "活动", "promo")),
    "gmv": (Text("支付金额", "GMV"), ("增长", "销售额", "成交", "sales", "growth", "net_gmv")),
    "data": (Text("数据完整", "complete data"), ("数据", "缺数据")),
}  # fmt: skip


class BrokenFile(NamedTuple):
    """A playbook file that cannot be used: its name and, in one line, what is wrong in it."""

    name: str
    problem: str

    @property
    def playbook_id(self) -> str:
        return Path(self.name).stem


class _Shelf(NamedTuple):
    books: tuple[Playbook, ...]
    broken: tuple[BrokenFile, ...]


@cache
def _shelf() -> _Shelf:
    books, broken = [], []
    for path in sorted(seed_path("playbooks").glob("*.yaml")):
        try:
            books.append(_read(path))
        except (OSError, yaml.YAMLError, ValueError) as error:
            broken.append(BrokenFile(path.name, _in_a_line(error)))
    return _Shelf(tuple(books), tuple(broken))


def _read(path: Path) -> Playbook:
    """One file against the schema. Raises ValueError, ValidationError or YAMLError."""
    book = Playbook.model_validate(load_yaml("playbooks", path.name))
    if book.id != path.stem:
        raise ValueError(f"id {book.id} differs from the file name")
    if unknown := set(book.goals) - set(GOALS):
        raise ValueError(f"unknown goals {sorted(unknown)}")
    return book


def _in_a_line(error: Exception) -> str:
    """Where and what, short enough for a list: the first field of a schema, the line of a slip in the YAML."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        return f"{where}: {first['msg']}"
    return " ".join(str(error).replace('in "<unicode string>", ', "").split())[:300]


def playbooks() -> tuple[Playbook, ...]:
    """The playbooks that can be used, in order of id. A file that cannot is left out and named by `broken_files`."""
    return _shelf().books


def broken_files() -> tuple[BrokenFile, ...]:
    """What `playbooks` left out; empty as shipped."""
    return _shelf().broken


def find_playbook(playbook_id: str) -> Playbook:
    """Raises BadArguments with the nearest id, or with what is wrong in the file of that id."""
    for book in playbooks():
        if book.id == playbook_id:
            return book
    for file in broken_files():
        if file.playbook_id == playbook_id:
            raise BadArguments(
                Text(
                    f"打法文件 {file.name} 有错，用不了：{file.problem}",
                    f"The playbook file {file.name} is broken: {file.problem}",
                )
            )
    raise BadArguments.unknown(Text("打法", "playbook"), playbook_id, [book.id for book in playbooks()])


def goal_named(word: str) -> str:
    """A goal id from its id, its label or a word for it. Raises BadArguments with the valid goals."""
    given = word.strip().lower()
    for goal, (label, aliases) in GOALS.items():
        if given in {goal, label.zh.lower(), label.en.lower(), *(alias.lower() for alias in aliases)}:
            return goal
    raise BadArguments.unknown(Text("目标", "goal"), word[:64], list(GOALS))
