"""The words of an explanation: how a driver moved, what a cause says, how its figures are made and where they are read."""

from __future__ import annotations

from tools.facts import Window
from tools.metrics.catalog import catalog
from tools.metrics.drivers import Cause, Driver
from tools.metrics.windows import when_en, window_text
from tools.metrics.wording import say
from tools.text import Text

__all__ = ["AGAINST", "LMDI", "MIX", "READ_FROM", "cause_claim", "moved"]

# Where a driver, an event or a check is read; everything else is read from the orders.
READ_FROM: dict[str, tuple[str, ...]] = {
    "visitors": ("shop_daily",),
    "conversion": ("shop_daily", "orders"),
    "refunds": ("orders", "refunds"),
    "traffic_source": ("traffic_daily",),
    "turned visitors": ("traffic_daily", "product_daily"),
    "turned conversion": ("product_daily",),
    "turned refunds": ("order_lines",),
    "turned slide visitors": ("traffic_daily",),
    "turned slide product": ("product_daily",),
    "turned slide conversion": ("shop_daily",),
    "turned slide order_value": ("orders",),
    "turned slide returning_buyers": ("shop_daily", "orders"),
    "turned slide refunds": ("orders", "refunds"),
    "shop": ("shop_daily", "orders"),
    "price_raise": ("order_lines",),
    "price_cut": ("order_lines",),
    "promotion_start": ("promotions",),
    "promotion_end": ("promotions",),
    "host_absent": ("live_sessions",),
    "host_new": ("live_sessions",),
    "ad_stopped": ("ad_daily",),
    "ad_cut": ("ad_daily",),
    "ad_raised": ("ad_daily",),
    "product": ("order_lines", "product_daily"),
    "ad_plan": ("ad_daily",),
    "live_host": ("live_sessions",),
    "live_session": ("live_sessions",),
    "promotion": ("promotions", "orders"),
    "stock_out": ("stock_daily",),
    "calendar": ("seeds/calendar.yaml",),
    "market": ("market_daily",),
}
MIX = Text(
    "中点法：占比变化 ×（该组复购率 − 平均）+ 占比 × 该组复购率变化，各组相加等于总变化",
    "midpoint split: change of share x (own rate - average) + share x change of own rate; groups add up to the change",
)
LMDI = Text(
    "LMDI 精确拆解（有 0 或负数时用 Shapley），各项相加等于总变化",
    "LMDI (Shapley at zeros), parts add up to the change exactly",
)
AGAINST = Text(
    "与其余部分的同期变化、以及自身历史相比", "against the others over the same windows and against its own history"
)


def moved(driver: Driver, window: Window, previous: Window) -> Text:
    """从 A 降到 B / fell to B, from A …; a movement too small to show is said to be none."""
    words = window_text(window), window_text(previous)
    if driver.after is None or driver.before is None:
        return Text("发生变化", "changed")
    old, new = say(driver.before, driver.unit), say(driver.after, driver.unit)
    if old == new:
        return Text(f"基本持平（{new.zh}）", f"stayed close to {new.en}")
    down = driver.after < driver.before
    nouns = tuple(f" {noun}" for noun in (driver.unit, driver.label.en))
    bare = [next((x.removesuffix(n) for n in nouns if x.endswith(n)), x) for x in (new.en, old.en)]
    return Text(
        f"从{words[1].zh}的 {old.zh} {'降到' if down else '升到'}{words[0].zh}的 {new.zh}",
        f"{when_en(window)} {'fell' if down else 'rose'} to {bare[0]}, against {bare[1]} {when_en(previous)}",
    )


def cause_claim(cause: Cause, part: Text, window: Window, previous: Window) -> Text:
    """The cause in a sentence; `part` is its amount in words."""
    driver, move, now = cause.entity, moved(cause.entity, window, previous), when_en(window)
    name = driver.label
    inner = Text("", "")
    if cause.within is not None and driver.id == "traffic_source":
        inner = Text(f"，其中“{cause.within.label.zh}”变化最大", f', "{cause.within.label.en}" most of all')
    match driver.id:
        case "traffic_source":
            return Text(
                f"来自“{name.zh}”的访客{move.zh}{inner.zh}；这个来源的支付金额变化 {part.zh}。",
                f'Visitors from "{name.en}" {move.en}{inner.en}; the GMV of this source changed by {part.en}.',
            )
        case "product" | "stock_out":
            return Text(
                f"“{name.zh}”的支付金额{move.zh}，变化 {part.zh}。",
                f'GMV of "{name.en}" {move.en}, a change of {part.en}.',
            )
        case "live_host":
            return Text(
                f"主播“{name.zh}”的直播成交金额{move.zh}；计入接替场次后，直播对支付金额的影响约 {part.zh}。",
                f'Livestream GMV of host "{name.en}" {move.en}; with the sessions others took over, livestream moved GMV by about {part.en}.',
            )
        case "ad_plan":
            return Text(
                f"推广计划“{name.zh}”的推广花费{move.zh}；按表面投产估计，支付金额约 {part.zh}。",
                f'Ad spend of plan "{name.en}" {move.en}; at its surface return that is about {part.en} of GMV.',
            )
        case "promotion":
            factor = catalog()[driver.metric].name
            return Text(
                f"活动“{name.zh}”前后，{factor.zh}{move.zh}，对应支付金额 {part.zh}。",
                f'Around the promotion "{name.en}", {factor.en} {move.en}; that is {part.en} of GMV {now}.',
            )
        case "shop":
            figure = catalog()[driver.metric].name
            return Text(
                f"“{name.zh}”全店的{figure.zh}{move.zh}；按近几周的走势，这一步对应支付金额约 {part.zh}。",
                f'{figure.en[:1].upper()}{figure.en[1:]} of "{name.en}" as a whole {move.en}; at the pace of the last weeks that step is about {part.en} of GMV.',
            )
        case "market":
            return Text(
                f"大盘指数{move.zh}；店铺若只跟着大盘走，支付金额约变化 {part.zh}。",
                f"The market index {move.en}; moving with it alone would change GMV by about {part.en}.",
            )
    return Text(
        f"“{name.zh}”的支付金额{move.zh}，变化 {part.zh}。", f'GMV of "{name.en}" {move.en}, a change of {part.en}.'
    )
