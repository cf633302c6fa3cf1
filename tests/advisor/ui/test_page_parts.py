"""The page's parts without a browser: nothing of a file or an answer becomes markup, and only this machine is let in."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pytest

from advisor.answer import Answer, AskResult, EvidenceItem, PlanStep, Statement
from advisor.errors import AdvisorError, ThreadUnknown
from advisor.scope import Scope
from advisor.ui.answer_view import LiveTurn, answer_html, error_html, question_html
from advisor.ui.chart_view import charts_html
from advisor.ui.guard import LoopbackOnly, is_loopback
from advisor.ui.html import chips, esc, link
from advisor.ui.memory import Memory
from advisor.ui.server import PageOptions
from advisor.ui.shops import ShopList, fresh_id
from advisor.ui.views import Views
from advisor.ui.words import SUGGESTIONS, WORDS
from tests.advisor.door_files import HOSTILE_TITLE
from tests.advisor.markup import Markup, read_markup
from tools.facts import Chart, Claim, ToolTable
from tools.text import Text
from tools.warehouse.writer import MerchantProfile

HOSTILE = HOSTILE_TITLE + "\"><svg onload=alert(1)>' onclick='x"
_ALLOWED = {
    "a", "article", "b", "br", "button", "caption", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "h3", "li", "line", "ol",
    "p", "polyline", "rect", "section", "span", "summary", "svg", "table", "tbody", "td", "th", "thead", "title", "tr", "ul",
}  # fmt: skip


def _read(html: str) -> Markup:
    reader = read_markup(html)
    assert reader.tags <= _ALLOWED, reader.tags - _ALLOWED
    return reader


def _hostile_result() -> AskResult:
    statement = Statement(text=f"{HOSTILE} fell [m1][c2].", cites=["m1", "c2"])
    case = {
        "sources": [{"title": HOSTILE, "url": "javascript:alert(1)", "publisher": "p", "date": "d"}, {"title": "t", "url": f'https://e.example/"{HOSTILE}'}],
        "likeness": {"zh": HOSTILE, "en": HOSTILE},
    }  # fmt: skip
    return AskResult(
        answer=Answer(
            kind="advice",
            headline=statement,
            decision=statement,
            why=[statement],
            what=[statement],
            how=[statement],
            limits=[statement],
            plan=[
                PlanStep(
                    action=HOSTILE, where=HOSTILE, owner=HOSTILE, start=date(2024, 1, 1), kpi=HOSTILE, stop_rule=HOSTILE, artefacts=[HOSTILE]
                )
            ],
        ),
        text="",
        evidence=[
            EvidenceItem(mark="m1", kind="metric", claim=HOSTILE, value=Decimal("12345.6"), unit="CNY", formula=HOSTILE, source=HOSTILE),
            EvidenceItem(mark="c2", kind="case", claim=HOSTILE, data=case),
        ],
        tables=[ToolTable(title=Claim(zh=HOSTILE, en=HOSTILE), columns=(HOSTILE,), rows=((HOSTILE,),))],
        charts=[Chart(kind="waterfall", title=Claim(zh=HOSTILE, en=HOSTILE), data={"unit": "CNY", "before": "10", "after": "8", "steps": [{"zh": HOSTILE, "en": HOSTILE, "value": "-2"}]})],
        notice=HOSTILE,
    )  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_hostile_becomes_markup(lang: Any) -> None:
    seen = _read(answer_html(_hostile_result().model_copy(update={"lang": lang}), "t1", lang=lang))
    assert "window.hacked=1" in "".join(seen.text)  # shown, as text
    links = [value for name, value in seen.attributes if name == "href"]
    assert "#t1-m1" in links and "#t1-c2" in links and not any("javascript" in one for one in links)
    turn = LiveTurn(HOSTILE, lang, HOSTILE)
    turn.add("why", Statement(text=HOSTILE))
    for html in (turn.html(), question_html(HOSTILE, lang), error_html(HOSTILE)):
        _read(html)


def test_marks_become_links_and_keep_the_sign_behind_them() -> None:
    html = chips("少 8.63 万元[m1]；先做 A[p1][c2]。x [not a mark] [M1]", "t0")
    seen = _read(html)
    assert [value for name, value in seen.attributes if name == "href"] == ["#t0-m1", "#t0-p1", "#t0-c2"]
    assert "".join(seen.text) == "少 8.63 万元m1；先做 Ap1c2。x [not a mark] [M1]"
    assert "；</span>" in html


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "//evil.example/x", "file:///etc/passwd", "", "http:"]
)
def test_only_web_addresses_become_links(address: str) -> None:
    assert "<a" not in link(address, "source")


def test_escaping_is_reversible_text() -> None:
    reader = Markup()
    reader.feed(f"<p>{esc(HOSTILE)}</p>")
    assert "".join(reader.text) == HOSTILE
    assert esc("a\x00b\x1b[2J\u202ec") == "ab[2Jc"


def test_a_chart_with_holes_breaks_its_line_and_nonsense_is_left_out() -> None:
    points = [["2024-01-01", "1"], ["2024-01-02", None], ["2024-01-03", "3"], ["2024-01-04", "2"]]
    title = Claim(zh="走势", en="trend")
    drawn = charts_html([Chart(kind="trend", title=title, data={"unit": "CNY", "series": [{"points": points}]})], "zh")
    assert drawn.count("<polyline") == 2 and "▲ 2024-01-03 3.00 元" in drawn
    for data in (
        {},
        {"series": []},
        {"series": [{"points": [["x", "NaN"], ["y", "?"]]}]},
        {"series": [{"points": points}, {"points": points[:2]}]},
    ):
        assert charts_html([Chart(kind="trend", title=title, data=data)], "zh") == ""
    assert charts_html([Chart(kind="waterfall", title=title, data={"before": "1"})], "en") == ""


@pytest.mark.parametrize(
    ("host", "ours"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("[::1]", True), ("127.8.9.1", True), ("app.localhost", True),
     ("0.0.0.0", False), ("192.168.1.5", False), ("evil.example", False), ("localhost.evil.example", False), ("", False)],
)  # fmt: skip
def test_the_page_opens_on_this_machine_only(host: str, ours: bool) -> None:
    assert is_loopback(host) is ours
    if ours:
        assert PageOptions.on(host, 7860).host == host
    else:
        with pytest.raises(AdvisorError):
            PageOptions.on(host, 7860)


async def _ask(headers: list[tuple[bytes, bytes]]) -> tuple[int, dict[bytes, bytes]]:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await LoopbackOnly(app)({"type": "http", "headers": headers}, None, send)  # type: ignore[arg-type]
    return sent[0]["status"], dict(sent[0]["headers"])


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("127.0.0.1:7860", None, 200),
        ("127.0.0.1:7860", "http://127.0.0.1:7860", 200),
        ("[::1]:7860", "http://[::1]:7860", 200),
        ("rebound.example:7860", None, 403),
        ("127.0.0.1:7860", "https://evil.example", 403),
        ("127.0.0.1:7860", "http://127.0.0.1:9999", 403),
        ("127.0.0.1:7860", "null", 403),
        ("", None, 403),
    ],
)
async def test_foreign_hosts_and_origins_are_refused(host: str, origin: str | None, status: int) -> None:
    headers = [(b"host", host.encode())] + ([(b"origin", origin.encode())] if origin else [])
    given, sent = await _ask(headers)
    assert given == status
    if status == 200:
        policy = sent[b"content-security-policy"].decode()
        assert "default-src 'self'" in policy and "http" not in policy


@pytest.mark.parametrize(
    "value", [None, 3, "x", [], {"shop": 5, "threads": "no"}, {"threads": {"a": 1, 2: "b"}}, {"shop": "x" * 500}]
)
def test_the_browser_may_remember_anything(value: object) -> None:
    memory = Memory.of(value)
    assert memory == Memory() and Memory.of(memory.talking("a", "t_1").to_json()).thread("a") == "t_1"


def test_the_real_shop_is_shown_first_and_a_new_id_is_free() -> None:
    demo = MerchantProfile("demo-skincare", "演示", simulated=True)
    mine = MerchantProfile("my-shop", "my-shop")
    assert ShopList.of([], None).scope() is None
    assert ShopList.of([demo], None).current == demo
    assert ShopList.of([demo, mine], "gone").current == mine
    assert ShopList.of([demo, mine], "demo-skincare").current == demo
    assert ShopList.of([demo, mine], None).targets("zh") == [("我的店铺", "my-shop"), ("新店铺", "")]
    assert fresh_id([demo]) == "my-shop" and fresh_id([demo, mine]) == "my-shop-2"


def test_every_label_is_there_in_both_languages() -> None:
    for name, text in {**WORDS, **dict(enumerate(SUGGESTIONS))}.items():
        assert text.zh.strip() and text.en.strip(), name
        assert any("\u3400" <= sign <= "\u9fff" for sign in text.zh), name
        assert not any("\u3400" <= sign <= "\u9fff" for sign in text.en), name


async def test_a_thread_of_somebody_else_is_an_empty_page() -> None:
    class Service:
        asked: ClassVar[list[tuple[Scope, str]]] = []

        async def thread(self, scope: Scope, thread: str) -> list[Any]:
            self.asked.append((scope, thread))
            raise ThreadUnknown(Text("没有", "none"))

    page: Any = SimpleNamespace(service=Service())
    scope = Scope("a", "local")
    found = await Views(cast("Any", None), page, "zh").conversation(scope, "t_foreign")
    assert found.lost and found.follow_ups == () and _read(found.html).text == [WORDS["gone"].zh]
    assert Service.asked == [(scope, "t_foreign")]  # the service decides, with this shop's scope
