"""The form that plans a stream: only what was changed is stated, wrong fields are named, other people's words stay text."""

from __future__ import annotations

import base64
import re

import pytest

from advisor.ui.live_form import FIELDS, brief_of, pack_html
from tools.errors import BadArguments
from tools.facts import Claim, ToolResult, ToolTable
from tools.livestream.brief import parse_brief

KNOWN = {"day": "2026-11-25", "start": "19:00", "hours": "4.75", "margin": "75%", "platform_fee": "4.6%", "fixed": "38000", "hosts": "小满、牧然"}  # fmt: skip


def test_untouched_values_are_not_stated() -> None:
    assert brief_of({name: KNOWN.get(name, "") for name in FIELDS}, "", KNOWN) == {}


def test_changed_values_become_a_brief_that_holds() -> None:
    typed = {**KNOWN, "margin": "60", "platform_fee": "5%", "fixed": "9万", "hosts": "甲, 乙", "viewers": "3,000", "agency_fee": "3万", "agency_commission": "8%"}  # fmt: skip
    brief = brief_of(typed, "面霜 50g，169，46，600，6\n礼盒, 299", KNOWN)
    found = parse_brief(brief)
    assert str(found.economics.cost_share) == "0.4" and str(found.economics.platform_fee) == "0.05"
    assert found.self_run is not None and found.self_run.fixed == 90000 and found.session.viewers == 3000
    assert [host.name for host in found.hosts] == ["甲", "乙"] and found.agencies[0].fee == 30000
    assert [(one.title, one.price, one.stock) for one in found.items] == [("面霜 50g", 169, 600), ("礼盒", 299, None)]


@pytest.mark.parametrize(("margin", "cost"), [("45", "0.55"), ("45%", "0.55"), ("0.45", "0.55"), ("100%", "0")])
def test_a_margin_is_read_as_people_write_it(margin: str, cost: str) -> None:
    assert float(brief_of({"margin": margin}, "", {})["economics"]["cost_share"]) == float(cost)


@pytest.mark.parametrize(
    ("typed", "items", "said"),
    [
        ({"margin": "高"}, "", ("货品毛利率", "Gross margin")),
        ({"margin": "140%"}, "", ("货品毛利率", "Gross margin")),
        ({}, "只有标题", ("第 1 行", "Item line 1")),
    ],
)
def test_a_field_that_cannot_be_read_is_named(typed: dict[str, str], items: str, said: tuple[str, str]) -> None:
    with pytest.raises(BadArguments) as caught:
        brief_of(typed, items, {})
    assert said[0] in caught.value.message.zh and said[1] in caught.value.message.en


def test_names_are_text_and_the_files_come_whole() -> None:
    nasty = "<img src=x onerror=alert(1)>{{x}}"
    table = ToolTable(title=Claim(zh="概览", en="Overview"), columns=("a", "b"), rows=(("主播", nasty),))
    note = Claim(zh=nasty, en=nasty)
    shown = pack_html(ToolResult(tables=[table], notes=[note]), {"live-1.xlsx": b"PK\x03\x04", "live-1.ics": b"BEGIN"}, "zh")  # fmt: skip
    assert "<img" not in shown and "{{" not in shown and shown.count("&lt;img") == 2
    held = re.findall(r'base64,([^"]+)" download="([^"]+)"', shown)
    assert [(base64.b64decode(data.replace("&#61;", "=")), name) for data, name in held] == [(b"PK\x03\x04", "live-1.xlsx"), (b"BEGIN", "live-1.ics")]  # fmt: skip
