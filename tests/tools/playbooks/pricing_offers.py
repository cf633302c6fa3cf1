"""Offers on one cream of 219, for the tests of 到手价."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from tools.playbooks.pricing import Offers
from tools.playbooks.pricing_input import parse_offers

DAY = date(2026, 11, 11)


def item(*offers: Mapping[str, Any], list_price: str = "219.00", **more: Any) -> Offers:
    return parse_offers({"title": "面霜", "list_price": list_price, "offers": list(offers), **more})


CUT = {"kind": "item_cut", "name": "单品直降", "off": 30}
FULL = {"kind": "shop_threshold", "name": "满300减50", "off": 50, "threshold": 300}
MEMBER = {"kind": "member_coupon", "name": "会员券", "off": 20, "threshold": 199, "audience": "会员"}
VIP = {"kind": "vip", "name": "88VIP 95折", "rate": "0.05", "audience": "88VIP"}
