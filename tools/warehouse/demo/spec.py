"""The parameters of a simulated shop, read from `seeds/demo/`."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from tools.seeds import load_yaml
from tools.warehouse.writer import MerchantProfile

__all__ = [
    "DEMO_SHOPS",
    "AdPlan",
    "Basket",
    "CauseSpec",
    "Customers",
    "Host",
    "Live",
    "Positive",
    "Product",
    "Promotion",
    "Refunds",
    "Share",
    "ShopSpec",
    "Slot",
    "Spec",
    "Stream",
    "demo_spec",
]

DEMO_SHOPS = ("demo-skincare", "demo-snacks")

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]


class Spec(BaseModel):
    """A frozen parameter; unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _marked(name: str) -> str:
    if not name.endswith("（模拟）"):
        raise ValueError("the name of a simulated shop ends in （模拟）")
    return name


class Stream(Spec):
    """One origin of visits. `slot` ties it to a live slot, `plan` to an ad plan (visits then follow the spend)."""

    source: str
    detail: str
    channel: str
    visits: float = Field(default=0, ge=0)
    quality: Positive
    focus: Positive = 1
    season: float = 1
    loyalty: Positive = 1
    refund: Positive = 1
    plan: str | None = None
    slot: str | None = None
    direct: bool = False


class Product(Spec):
    """`price` is the usual price, `list_price` the 一口价, both in yuan; `appeal` and `addon` are weights, `elasticity` > 0."""

    id: str
    sku: str
    title: str
    category: str
    price: Positive
    list_price: Positive
    cost: Positive
    appeal: Positive
    convert: Positive
    elasticity: Positive
    addon: float = Field(ge=0)
    refund: Positive
    launched: date | None = None


class Customers(Spec):
    """Latent BG/NBD population: rate ~ Gamma(r, alpha_days), dropout ~ Beta(a, b)."""

    r: Positive
    alpha_days: Positive
    a: Positive
    b: Positive
    same_product: Share
    member_share: Share
    warmup_days: int = Field(ge=0)
    browse_visits: int = Field(ge=0)


class Basket(Spec):
    second_item: Share
    third_item: Share
    second_unit: Share
    topup: Share
    second_order: Share
    unpaid: Share
    service: Share
    free_shipping_over: float
    shipping_fee: float


class Promotion(Spec):
    id: str
    name: str
    kind: str
    starts: date
    ends: date
    threshold: float = 0
    saves: float = 0


class AdPlan(Spec):
    """`budget` and `cpc` in yuan a day and a click."""

    id: str
    name: str
    tool: str
    budget: Positive
    cpc: Positive
    noise: Positive = 0.08


class Slot(Spec):
    """A daily live slot. `hosts[0]` is on air first and longest; a slot must end before midnight."""

    name: str
    title: str
    start: str
    minutes: int
    weekdays: tuple[int, ...]
    hosts: tuple[str, ...]

    @property
    def start_second(self) -> int:
        hour, minute = self.start.split(":")
        return int(hour) * 3600 + int(minute) * 60


class Host(Spec):
    name: str
    skill: Positive


class LiveBreak(Spec):
    """One stream that was shown to the wrong crowd: the entry rate falls to `keep` of itself by impressions, nothing else changes."""

    day: date
    slot: str
    keep: Share


class Live(Spec):
    slots: tuple[Slot, ...] = ()
    hosts: tuple[Host, ...] = ()
    viewers_per_visit: Positive = 5
    ad_spend: float = 0
    breaks: tuple[LiveBreak, ...] = ()


class Refunds(Spec):
    rate: Share
    unshipped: Share
    partial: Share
    mean_days: Positive


class Fee(Spec):
    fee: str
    rate: float | None = None
    amount: float | None = None


class CauseSpec(Spec):
    """A change of behaviour between two days. `strength` is read by the type: see `tools.warehouse.demo.causes`."""

    id: str
    type: str
    start: date
    end: date
    strength: Positive
    product: str | None = None
    stream: str | None = None
    plan: str | None = None
    host: str | None = None
    replacement: str | None = None
    slot: str | None = None
    promotion: str | None = None


class ShopSpec(Spec):
    """Everything that drives one simulated shop. Two equal specs and seeds give equal data."""

    merchant_id: str
    name: Annotated[str, AfterValidator(_marked)]
    platform: str
    category: str
    seed: int
    start: date
    end: date
    growth_per_year: float = 0
    month_shape: tuple[float, ...] = Field(min_length=12, max_length=12)
    weekday: tuple[float, ...] = Field(min_length=7, max_length=7)
    calendar: bool = True
    omit: tuple[str, ...] = ()
    streams: tuple[Stream, ...]
    base_conversion: Share
    products: tuple[Product, ...]
    customers: Customers
    returning_via: dict[str, float]
    basket: Basket
    promotions: tuple[Promotion, ...] = ()
    ads: tuple[AdPlan, ...] = ()
    live: Live = Live()
    refunds: Refunds
    fees: tuple[Fee, ...] = ()
    causes: tuple[CauseSpec, ...] = ()

    @model_validator(mode="after")
    def _one_direct(self) -> ShopSpec:
        if sum(stream.direct for stream in self.streams) != 1:
            raise ValueError("exactly one stream is direct")
        if self.end < self.start:
            raise ValueError("the shop ends before it starts")
        return self

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def profile(self) -> MerchantProfile:
        return MerchantProfile(self.merchant_id, self.name, self.platform, self.category, simulated=True)

    def last_months(self, months: int) -> ShopSpec:
        """The same shop, observed only during the last calendar months before `end`."""
        first = (self.end.year * 12 + self.end.month - 1) - (months - 1)
        return self.model_copy(update={"start": date(first // 12, first % 12 + 1, 1)})

    def day_index(self, day: date) -> int:
        return (day - self.start).days

    def date_of(self, index: int) -> date:
        return self.start + timedelta(days=index)


def demo_spec(shop: str) -> ShopSpec:
    """The shipped parameters of one demo shop (`demo-skincare` or `demo-snacks`)."""
    return ShopSpec.model_validate(load_yaml("demo", f"{shop}.yaml"))
