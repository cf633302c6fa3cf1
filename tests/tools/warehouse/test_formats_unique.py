"""No two formats claim the same file: full headers and bare minima of every shipped format detect that format alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.tools.warehouse import sycm_samples as sycm
from tests.tools.warehouse import test_formats_ads as ads
from tests.tools.warehouse import test_formats_ledger as ledger
from tests.tools.warehouse import test_formats_live as live
from tests.tools.warehouse.import_desk import H2016, H2018, H2022, ITEMS, SHOPIFY
from tools.warehouse.formats import all_formats
from tools.warehouse.ingest.detecting import choose, find_layouts
from tools.warehouse.ingest.spec import Format

FORMATS = all_formats()
SHIPPED = [spec for spec in FORMATS.values() if not spec.id.startswith("template_")]
VERBATIM: list[tuple[str, Sequence[str]]] = [
    ("tmall_orders", H2016),
    ("tmall_orders", H2018),
    ("tmall_orders", H2022),
    ("tmall_items", ITEMS),
    ("tmall_items_old", sycm.ITEMS_OLD),
    ("tmall_payouts", sycm.PAYOUTS),
    ("shopify_orders", SHOPIFY),
    ("sycm_shop_daily", sycm.SHOP_2017),
    ("sycm_shop_daily", sycm.SHOP_NOW),
    ("sycm_trend", sycm.TREND),
    ("sycm_products", sycm.PRODUCTS),
    ("sycm_products", sycm.PRODUCTS_OLD),
    ("sycm_sources", sycm.SOURCES_3),
    ("sycm_sources", sycm.SOURCES_4),
    ("sycm_sources_2017", sycm.SOURCES_2017),
    ("sycm_sources_2017", sycm.SOURCES_WIRELESS),
    ("sycm_product_sources", sycm.PRODUCT_SOURCES),
    ("sycm_product_sources", sycm.PRODUCT_360),
    ("sycm_search_words", sycm.SEARCH_WORDS),
    ("sycm_search_words", sycm.SEARCH_WORDS_NOW),
    ("sycm_subscriptions", sycm.SUBSCRIPTIONS),
    ("sycm_contents", sycm.CONTENTS),
    ("sycm_campaign_sale", sycm.CAMPAIGN_SALE),
    ("sycm_campaign_preheat", sycm.CAMPAIGN_PREHEAT),
    ("sycm_new_customer_discount", sycm.DISCOUNT),
    ("sycm_stored_value", sycm.STORED_VALUE),
    ("taobao_live_sessions", live.NEWEST),
    ("taobao_live_sessions", live.Y2022),
    ("taobao_live_items", live.ITEMS),
    ("taobao_live_orders", live.LINES),
    ("taobao_live_agency", live.AGENCY),
    ("jd_live_sessions", live.JD),
    ("douyin_live_sessions", live.DOUYIN),
    ("alimama_subjects", ads.SUBJECTS),
    ("alimama_live_crowds", ads.CROWDS),
    ("alimama_keywords", ads.WORDS),
    ("zhitongche_account", ads.ACCOUNT),
    ("yinlimofang_plans", ads.PLANS),
    ("wanxiangtai_members", ads.MEMBERS),
    ("wanxiangtai_acquisition", ads.ACQUISITION),
    ("alipay_ledger", ledger.ALIPAY),
    ("taobaoke_settlement", ledger.TAOBAOKE),
    ("douyin_settlement", ledger.DOUDIAN),
]


def claimants(header: Sequence[str]) -> list[str]:
    """The winner and the shipped formats that would fit equally well; raises where the engine would ask."""
    layouts = find_layouts([list(header)], FORMATS.values())
    best = choose(layouts, "file", [list(header)])
    return sorted({layout.format.id for layout in layouts if layout.rank == best.rank})


@pytest.mark.parametrize(("expected", "header"), VERBATIM, ids=lambda value: value if isinstance(value, str) else "")
def test_the_platforms_own_headers_detect_one_format(expected: str, header: Sequence[str]) -> None:
    assert claimants(header) == [expected]


def heads(spec: Format) -> list[list[str]]:
    """The least that detects a format, per alternative, and everything it knows."""
    extra = list(spec.with_any[:1])
    least = [[spec.fields[name].names[0] for name in group] + extra for group in spec.detect]
    every = [field.names[0] for field in spec.fields.values()] + extra
    return [*least, list(dict.fromkeys(name for name in every if name not in spec.not_with))]


@pytest.mark.parametrize("spec", SHIPPED, ids=lambda spec: spec.id)
def test_no_other_format_claims_a_file_of_this_one(spec: Format) -> None:
    for header in heads(spec):
        assert claimants(header) == [spec.id], header


def test_every_shipped_format_of_the_platforms_has_its_own_header_here() -> None:
    known = {name for name, _ in VERBATIM}
    assert {spec.id for spec in SHIPPED if spec.id.startswith(("sycm_", "tmall_"))} <= known
