"""The page in a real browser: drop an export, see the card, ask, open the evidence; hostile text stays text; nothing leaves loopback."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.advisor.door_files import HOSTILE_TITLE, shopify_orders, tmall_orders

ROOT = Path(__file__).resolve().parents[3]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="playwright is not installed"),
]


class Site:
    """A running page and what it wrote."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("OPENAI_", "ADVISOR_"))}
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from advisor.cli import main; main()", "ui", "--port", "0", "--no-open", "--lang", "en", "--workspace", str(workspace)],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        line = self._process.stdout.readline() if self._process.stdout else ""
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found, line
        self.address = found[0]

    def stop(self) -> str:
        """Stop the server; returns what it logged."""
        self._process.terminate()
        out, _ = self._process.communicate(timeout=20)
        return out


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    running = Site(tmp_path / "ws")
    yield running
    log = running.stop()
    assert "Traceback" not in log, log


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


class Visitor:
    """A browser page that notes every request leaving the site, and every script error."""

    def __init__(self, browser: Any, site: Site, *, locale: str = "zh-CN", width: int = 1200) -> None:
        self.context = browser.new_context(locale=locale, viewport={"width": width, "height": 900})
        self.page = self.context.new_page()
        self.outside: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self._note(request.url, site.address))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(f"{site.address}/")
        self.page.wait_for_selector("#header h1", timeout=30_000)

    def _note(self, url: str, address: str) -> None:
        if not url.startswith((address, "data:", "blob:")):
            self.outside.append(url)

    def drop(self, *files: Path) -> None:
        self.page.set_input_files("#drop input[type=file]", [str(file) for file in files])

    def ask(self, question: str) -> None:
        before = self.page.locator("#history .headline").count()
        self.page.fill("#question textarea", question)
        self.page.press("#question textarea", "Enter")
        self.page.wait_for_function(
            "n => document.querySelectorAll('#history .headline').length > n", arg=before, timeout=60_000
        )

    def close(self) -> None:
        self.context.close()
        assert self.outside == [] and self.errors == []


def test_first_five_minutes_then_a_question_then_a_reload(browser: Any, site: Site, tmp_path: Path) -> None:
    file = tmp_path / "订单 报表.csv"
    totals = tmall_orders(file)
    visitor = Visitor(browser, site)
    page = visitor.page
    assert page.url.endswith("/zh/") and page.locator("html").get_attribute("lang") == "zh-CN"
    assert "把你的导出文件拖到这里" in page.inner_text("#import") and page.locator("#drop").is_visible()
    assert not page.locator("#composer").is_visible()
    visitor.drop(file)
    page.wait_for_selector(".detection >> text=天猫/淘宝 订单报表", timeout=30_000)
    page.wait_for_selector(".first-card", timeout=60_000)
    card = page.inner_text("#card")
    assert f"{totals.orders:,}" in page.inner_text(".counts .accepted")
    for part in ("2024-03-01 – 2024-04-29", "三个事实", "值得注意", "想问你一个问题", "再给我一份文件"):
        assert part in card, part
    left = [path for path in (site.workspace / "quarantine" / "uploads").rglob("*") if path.suffix == ".csv"]
    assert left == [], "uploads are deleted after the import"
    visitor.ask("为什么销售额变化？接下来做什么，怎么做？")
    assert page.locator("#history section.why li").count() and "依据" in page.inner_text("#history")
    chip = page.locator("#history a.chip").first
    target = page.locator(f"#{chip.get_attribute('data-open')}")
    assert not target.is_visible()
    chip.click()
    target.wait_for(state="visible", timeout=5_000)
    assert "算法" in target.inner_text() and "来源" in target.inner_text()
    page.reload()
    page.wait_for_selector("#history .headline", timeout=30_000)
    assert "为什么销售额变化" in page.inner_text("#history .question")
    page.click("#header nav a[lang=en]")
    page.wait_for_url("**/en/", timeout=30_000)
    page.wait_for_selector("#history .headline", timeout=30_000)
    assert "My shop" in page.inner_text("#header") and page.inner_text("#send") == "Ask"
    page.goto(site.address)  # the choice is remembered, whatever the browser speaks
    assert page.url.endswith("/en/")
    visitor.close()


def test_a_hostile_title_neither_runs_nor_loads(browser: Any, site: Site, tmp_path: Path) -> None:
    file = tmp_path / "orders<img src=x onerror=alert(1)>.csv"
    shopify_orders(file, title=HOSTILE_TITLE)
    visitor = Visitor(browser, site, locale="en-GB")
    page = visitor.page
    assert page.url.endswith("/en/") and "Drop your export here" in page.inner_text("#import")
    visitor.drop(file)
    page.wait_for_selector(".first-card", timeout=60_000)
    assert "onerror" in page.inner_text("#card")
    visitor.ask('which product sells most? <img src="http://203.0.113.7/q.png" onerror="window.hacked=9">')
    page.wait_for_timeout(500)
    assert page.evaluate("window.hacked === undefined")
    assert page.locator("#card img, #history img, #card script, #history script").count() == 0
    visitor.close()


def test_demo_in_one_click_on_a_phone_and_stop(browser: Any, site: Site) -> None:
    visitor = Visitor(browser, site, width=390)
    page = visitor.page
    page.click("#demo")
    page.wait_for_selector(".first-card", timeout=120_000)
    assert "模拟数据" in page.inner_text("#header")
    page.wait_for_selector("#suggestions button:visible", timeout=10_000)
    page.fill("#question textarea", "为什么销售额变化？接下来做什么，怎么做？")
    page.press("#question textarea", "Enter")
    page.click("#stop", timeout=10_000)
    page.wait_for_selector("#live >> text=已停止", timeout=20_000)
    assert page.locator("#history .headline").count() == 0
    page.locator("#suggestions button:visible").first.click() if page.locator(
        "#suggestions button:visible"
    ).count() else visitor.ask("上个月销售额为什么变了？")
    page.wait_for_selector("#history .headline", timeout=60_000)
    assert "模拟数据" in page.inner_text("#history")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
        "nothing hangs over the edge of a phone"
    )
    visitor.close()


def test_a_conversation_stays_with_its_shop(browser: Any, site: Site, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    tmall_orders(file, days=30)
    visitor = Visitor(browser, site)
    page = visitor.page
    visitor.drop(file)
    page.wait_for_selector(".first-card", timeout=60_000)
    visitor.ask("2024年3月支付金额是多少")
    page.wait_for_selector("#import button.label-wrap", timeout=5_000)
    page.click("#import button.label-wrap")
    page.click("#demo")
    page.wait_for_selector("#header .badge", timeout=120_000)
    assert page.locator("#history .headline").count() == 0
    visitor.close()


def test_a_file_that_is_no_export_is_refused_in_words(browser: Any, site: Site, tmp_path: Path) -> None:
    file = tmp_path / "data.parquet"  # a sheet or a text would be asked about: it may be a document
    file.write_bytes(b"PAR1" + b"x" * 100 + b"PAR1")
    visitor = Visitor(browser, site, locale="en-GB")
    visitor.drop(file)
    visitor.page.wait_for_selector("#card .error", timeout=30_000)
    assert "data.parquet" in visitor.page.inner_text("#card .error")
    assert not list((site.workspace / "warehouse").glob("*.duckdb"))
    visitor.close()


def test_own_documents_are_listed_and_deleted_after_a_second_yes(browser: Any, site: Site, tmp_path: Path) -> None:
    hostile = tmp_path / "复盘<img src=x onerror=alert(1)>.md"
    hostile.write_text("# 双11复盘\n赠品断货。<script>window.hacked=9</script>", encoding="utf-8")
    kept = tmp_path / "话术.md"
    kept.write_text("# 客服话术\n您好，有问题直接回我。", encoding="utf-8")
    visitor = Visitor(browser, site)
    page = visitor.page
    assert not page.locator("#papers").is_visible(), "no documents, no panel"
    visitor.drop(hostile, kept)
    page.wait_for_selector("#papers", state="visible", timeout=60_000)
    page.click("#papers button.label-wrap")
    page.wait_for_selector("#papers td.name", timeout=10_000)
    listed = page.inner_text("#papers table")
    for part in ("话术.md", "onerror=alert(1)", "Markdown", "字"):  # the upload takes "<" and ">" off a name
        assert part in listed, part
    assert page.locator("#papers img, #papers script").count() == 0 and "赠品断货" not in page.inner_text("#papers")
    assert not page.locator("#really").is_visible()

    def delete() -> None:
        page.click("#paper input")
        page.locator("#paper [role=option]", has_text="复盘").click()
        page.click("#remove")
        page.wait_for_selector("#really", state="visible", timeout=10_000)

    delete()
    assert "onerror" in page.inner_text("#sure")
    page.click("#spare")
    page.wait_for_selector("#really", state="hidden", timeout=10_000)
    assert "复盘" in page.inner_text("#papers table"), "a no deletes nothing"
    page.reload()
    page.wait_for_selector("#papers", state="visible", timeout=30_000)
    page.click("#papers button.label-wrap")
    delete()
    page.click("#really")
    page.wait_for_function("() => !document.querySelector('#papers table').innerText.includes('复盘')", timeout=60_000)
    assert "话术.md" in page.inner_text("#papers table") and "已删除" in page.inner_text("#card")
    assert page.evaluate("window.hacked === undefined")
    visitor.close()
