"""A shop with three tools (one that answers, one that is slow, one that would send) and a service over it with scripted brains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from advisor.agent.runner import ToolRunner
from advisor.brains.base import Brain, Draft, Frame, Message, ShopCard, ToolCall
from advisor.events import Done, Event
from advisor.scope import Scope
from advisor.service.approvals import ApprovalDesk
from advisor.service.effects import EffectRunner
from advisor.service.question import Limits
from advisor.service.service import AdvisorService
from advisor.store import Store
from tools.base import Effect, Registry, ToolContext, ToolSpec, tool
from tools.facts import Claim, Fact, Quantity, ToolResult, Window
from tools.text import Text
from tools.warehouse.access import Warehouse
from tools.warehouse.writer import MerchantProfile, write_merchant

TODAY = date(2026, 11, 24)
A = Scope("a", "ann")
OCTOBER = Window(start=date(2026, 10, 1), end=date(2026, 10, 31))
TRUE = Draft("headline", "2026年10月支付金额 1,284 元[m1]。")
FALSE = Draft("why", "2026年10月支付金额 9,999 元[m1]。")
Make = Callable[..., AdvisorService]
SENT: list[str] = []


def fact(merchant: str, amount: str = "1284") -> Fact:
    return Fact(
        id=f"f_{merchant}",
        kind="metric",
        claim=Claim(zh=f"2026年10月支付金额 {amount} 元。", en=f"GMV in October 2026 was ¥{amount}."),
        quantities=(Quantity(metric="gmv", value=Decimal(amount), unit="CNY", window=OCTOBER),),
    )


@tool(label=Text("看销售额", "Reading sales"))
def sales(ctx: ToolContext) -> ToolResult:
    """The shop's sales."""
    return ToolResult(facts=[fact(ctx.shop.merchant_id)])


@tool(label=Text("慢", "slow"), timeout_s=0.2)
def slow(ctx: ToolContext) -> ToolResult:
    """A query that takes too long."""
    days = ctx.shop.table("shop_daily")
    parts = [days.select(**{name: days.visitors}) for name in "abc"]
    many = parts[0].cross_join(parts[1].view()).cross_join(parts[2].view())
    many.aggregate(n=(many.a * many.b + many.c).max()).execute()
    return ToolResult()


@tool(label=Text("发短信", "Sending messages"), effect=Effect.WRITE)
def send(ctx: ToolContext, *, text: str) -> ToolResult:
    """Send a message."""
    SENT.append(text)
    return ToolResult()


def framer(text: str, history: Sequence[Message], shop: ShopCard, today: date) -> Frame:
    if "天气" in text:
        return Frame(text, "zh", "out_of_scope", kind="decline", reply=Text("这不归我管。", "Not my job."))
    return Frame(text, "zh", "figure", kind="figure", slots={"seen": len(history)})


def call(name: str, **arguments: Any) -> ToolCall:
    return ToolCall(name, name, arguments)


async def asked(service: AdvisorService, question: str = "上月卖了多少", **options: Any) -> list[Event]:
    return [event async for event in service.ask(A, question, **options)]


def answered(events: list[Event]) -> Any:
    assert isinstance(events[-1], Done), events[-1]
    return events[-1].result


def write_shops(warehouse: Path) -> None:
    """Shops a and b, with days enough for a query that takes seconds."""
    for merchant in ("a", "b"):
        with write_merchant(warehouse, MerchantProfile(merchant, merchant.upper())) as connection:
            connection.execute(
                f"INSERT INTO shop_daily (merchant_id, day, visitors) SELECT '{merchant}', DATE '2020-01-01' + i::INT, i FROM range(3000) t(i)"
            )


def build(
    root: Path,
    planner: Brain,
    model: Brain | None = None,
    limits: Limits | None = None,
    specs: tuple[ToolSpec, ...] = (sales, slow, send),
    new_model: Callable[[], Brain] | None = None,
) -> AdvisorService:
    """A service over the shops in `root`, as one process would have it; `new_model` makes one per turn."""
    store = Store.sqlite(root / "store.sqlite")
    maker = new_model or ((lambda: model) if model is not None else None)
    shared: dict[str, Any] = {
        "registry": Registry(specs),
        "warehouse": Warehouse(root / "warehouse"),
        "records": lambda scope: None,
        "resources": {},
        "today": lambda zone: TODAY,
    }
    desk = ApprovalDesk(store=store, effects=EffectRunner(store=store, workspace=root, **shared))
    runner = ToolRunner(audit=store, request=desk.outcome, **shared)
    return AdvisorService(
        store=store,
        warehouse=Warehouse(root / "warehouse"),
        runner=runner,
        framer=lambda lang: framer,
        planner=lambda: planner,
        model=(lambda ledger: maker()) if maker is not None else None,
        today=lambda zone: TODAY,
        limits=limits,
        approvals=desk,
    )
