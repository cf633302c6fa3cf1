"""`advisor playbooks price`: what an item comes down to when offers stack, from a small YAML file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from advisor.cli.console import guarded, help_text, language, say
from advisor.cli.session import AsJson, Language, Merchant, Workspace, call_tool, say_result
from tools.errors import BadArguments
from tools.text import Text

__all__ = ["EXAMPLE", "price"]

_MOST_BYTES = 100_000
EXAMPLE = """\
# 到手价 / the price buyers reach. advisor playbooks price THIS_FILE --day 2026-11-11
title: 神经酰胺屏障面霜 50g        # or sku: the item as its orders call it
list_price: 219.00               # 一口价
# cost: 42.64                    # 单件成本; left out: item_costs of the shop
# fee_rate: 0.05                 # 平台扣点; left out: fees of the shop, or what you said in a chat
gift_cost: 6.00                  # 每单赠品成本 / gift per order
most_pieces: 3                   # 最多凑几件 / pieces a buyer may take to meet a threshold
low_days: 30                     # 近期最低价看几天 / days of the recent low
protect_days: 15                 # 价保天数，没有默认值 / price protection, no default
rooms: [达人直播间]
offers:                          # off: money, rate: 0.05 = 5% off; one of the two
  - {kind: item_cut, name: 单品直降, off: 30, starts: 2026-11-01, ends: 2026-11-12}
  - {kind: shop_threshold, name: 店铺满300减50, off: 50, threshold: 300}
  - {kind: cross_shop, name: 跨店每满300减50, off: 50, threshold: 300, repeats: true, merchant_share: 1}
  - {kind: shop_coupon, name: 店铺券, off: 10, threshold: 99}
  - {kind: member_coupon, name: 会员券, off: 20, threshold: 199, audience: 会员}
  - {kind: vip, name: 88VIP 95折, rate: 0.05, cap: 50, audience: 88VIP}   # merchant_share: who funds it, 0 = platform
  - {kind: red_packet, name: 直播间红包, off: 15, room: 达人直播间, merchant_share: 1}
promises:
  - {room: 达人直播间, until: 2026-11-30}        # promised the lowest price; with `price:` a floor for all others
"""


def price(
    offers: Annotated[
        Path | None,
        typer.Argument(help=help_text("优惠的 YAML 文件，见 --example", "YAML of the offers, see --example")),
    ] = None,
    day: Annotated[
        str | None, typer.Option("--day", help=help_text("哪一天，默认今天", "which day, default today"))
    ] = None,
    example: Annotated[
        bool, typer.Option("--example", help=help_text("打印一份带注释的示例文件", "print an annotated example file"))
    ] = False,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """The lowest price buyers reach when offers stack, the margin there, and the promises, lows and protection it touches."""
    spoken = language(lang)
    if example:
        say(EXAMPLE.rstrip())
        return
    with guarded(spoken, as_json=as_json):
        arguments = _read(offers)
        if day is not None:
            arguments["day"] = day
        if "day" in arguments:
            arguments["day"] = _day(str(arguments["day"])).isoformat()
        result = call_tool("price_check", arguments, workspace=workspace, merchant=merchant, lang=spoken)
        say_result(result, spoken, as_json=as_json)


def _read(path: Path | None) -> dict[str, Any]:
    """The file as plain JSON data. Raises BadArguments for one that is absent, too large or no YAML mapping."""
    import yaml

    from tools.playbooks.pricing_input import parse_offers

    if path is None:
        raise BadArguments(
            Text(
                "请给一个优惠文件；advisor playbooks price --example 会打印示例。",
                "Give a file of offers; `advisor playbooks price --example` prints one.",
            )
        )
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadArguments(
                Text(f"{path.name} 太大，不像一份优惠文件。", f"{path.name} is too large for a file of offers.")
            )
        raw = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise BadArguments(Text(f"没有找到文件 {path}。", f"There is no file {path}.")) from error
    except (yaml.YAMLError, UnicodeDecodeError, IsADirectoryError) as error:
        raise BadArguments(
            Text(f"{path.name} 不是可读的 YAML 文件（UTF-8）。", f"{path.name} is not a readable YAML file (UTF-8).")
        ) from error
    if not isinstance(raw, dict):
        raise BadArguments(Text(f"{path.name} 里要写“字段: 值”。", f"{path.name} must hold `field: value` lines."))
    plain: dict[str, Any] = _plain(raw)
    parse_offers({key: value for key, value in plain.items() if key != "day"})  # names every wrong field at once
    return plain


def _plain(value: Any) -> Any:
    """JSON data. YAML reads the word `off` as false: as a key it is the field; dates become text."""
    if isinstance(value, dict):
        return {"off" if key is False else str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadArguments(
            Text(f"“{text}”不是日期，例如 2026-11-11。", f'"{text}" is not a date such as 2026-11-11.')
        ) from error
