"""The brief: what a merchant states about a room, as a small YAML file or a form. Everything left out is filled from the shop's data.

A field left out is not zero: `assumptions` modules look it up in the shop's tables, then ask for it by name with why it matters.
Money is in the shop's currency; shares may be written 0.15, 15% or "15 %".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from tools.errors import BadArguments
from tools.fields import wrong_fields
from tools.livestream.economics import CommissionBase
from tools.text import Text

__all__ = [
    "Agency", "Brief", "Creator", "Economics", "HostBrief", "HostPay", "Item", "Role", "Rota", "SelfRun", "Session", "Step", "load_brief", "parse_brief", "plain_brief",
]  # fmt: skip

_MOST_BYTES = 100_000
Role = Literal["hook", "bridge", "hero", "profit", "image"]  # 引流 承接 主推 利润 形象


def _number(value: object) -> object:
    """`15%`, `1,200`, `3万` as people write them; floats by their shortest text, so that 0.1 is 0.1."""
    if isinstance(value, bool) or value is None:
        return value
    text = str(value).strip().replace(",", "").replace("，", "")
    scale = Decimal(1)
    for tail, factor in (("%", "0.01"), ("％", "0.01"), ("万", "10000"), ("元", "1")):
        if text.endswith(tail):
            text, scale = text[: -len(tail)].strip(), scale * Decimal(factor)
    try:
        return Decimal(text) * scale
    except InvalidOperation:
        return value


Number = Annotated[Decimal, BeforeValidator(_number)]
Money = Annotated[Number, Field(ge=0, le=Decimal("1e10"))]
Share = Annotated[Number, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Economics(_Part):
    """What one order costs and loses. Each may be left out where the shop's own tables hold it."""

    order_value: Annotated[Number, Field(gt=0)] | None = None
    cancelled: Share | None = None
    returned: Share | None = None
    cost_share: Share | None = None
    platform_fee: Share | None = None  # required in the end: no default exists
    outbound: Money | None = None
    return_parcel: Money | None = None
    insurance: Money | None = None
    lost_share: Share | None = None
    taxpayer: Literal["general", "small", "unknown"] = "unknown"
    vat_rate: Share | None = None
    cost_invoiced: bool = True

    @model_validator(mode="after")
    def _refunds_fit(self) -> Economics:
        if (self.cancelled or 0) + (self.returned or 0) > 1:
            raise ValueError("cancelled and returned together exceed 100 % / 发货前退款与退货合计超过 100%")
        return self


class SelfRun(_Part):
    """A room of one's own: fixed cost a month (people, room, software, kit written off) and ads as a share of paid GMV."""

    fixed: Money
    ad_share: Share | None = None
    expected_gmv: Money | None = None


class Step(_Part):
    """A commission step of a 代播 contract; `up_to` empty for the last."""

    up_to: Money | None = None
    rate: Share


class Agency(_Part):
    """代播: fixed fee, commission (flat or by steps), or the larger of commission and a minimum; `kept` is what the shop still pays itself."""

    name: str = "代播"
    fee: Money = Decimal(0)
    commission: Share = Decimal(0)
    steps: tuple[Step, ...] = ()
    minimum: Money | None = None
    base: CommissionBase = "received"
    kept: Money = Decimal(0)
    ad_share: Share | None = None
    expected_gmv: Money | None = None

    @model_validator(mode="after")
    def _steps_rise_and_end_open(self) -> Agency:
        """Above a closed last step no commission would be charged, and the agency would look better than it is."""
        tops = [step.up_to for step in self.steps]
        if tops and (tops[-1] is not None or None in tops[:-1]):
            raise ValueError("only the last step leaves out up_to, and it must / 只有最后一级不写 up_to，且必须不写")
        closed = [top for top in tops if top is not None]
        if any(after <= before for before, after in pairwise(closed)):
            raise ValueError("up_to must rise from step to step / 每一级的 up_to 要比上一级大")
        return self


class Creator(_Part):
    """达人 or MCN: slot fee (坑位费) and commission, with or without a guaranteed amount (保量); samples and service fee on top."""

    name: str = "达人"
    kind: Literal["creator", "mcn"] = "creator"
    slot_fee: Money = Decimal(0)
    service_fee: Money = Decimal(0)
    commission: Share = Decimal(0)
    base: CommissionBase = "received"
    samples: Money = Decimal(0)
    guaranteed: Money | None = None
    guarantee_counts: CommissionBase = "received"
    expected_gmv: Money | None = None
    known_buyers: Share | None = None  # share of its buyers the shop knew before: upper bound of cannibalisation


class Item(_Part):
    """One product for sale in the room. `floor` is the lowest price any room or campaign allows."""

    sku: str = Field(min_length=1, max_length=64)
    title: str = Field(min_length=1, max_length=200)
    role: Role | None = None
    price: Annotated[Money, Field(gt=0)]
    list_price: Money | None = None
    cost: Money | None = None
    floor: Money | None = None
    stock: Annotated[int, Field(ge=0)] | None = None
    limit: Annotated[int, Field(ge=1)] | None = None  # pieces offered each time it is on (限量)
    refund: Share | None = None
    units_per_1000: Annotated[Number, Field(ge=0)] | None = None  # units sold per 1,000 viewers while it is on
    talk_minutes: Annotated[int, Field(ge=1, le=60)] | None = None
    points: tuple[str, ...] = ()
    proof: tuple[str, ...] = ()
    for_whom: tuple[str, ...] = ()
    not_for: tuple[str, ...] = ()
    gift: str | None = None
    questions: tuple[str, ...] = ()  # "适合敏感肌吗？先在耳后试" holds the answer too
    coupon: str | None = Field(default=None, max_length=200)  # how to reach the price, for the script
    until: str | None = Field(default=None, max_length=60)  # the day and hour the price ends, for the script
    pinned: Annotated[int, Field(ge=1)] | None = None  # the boss locks it to this block of the rundown
    must: bool = False


class HostBrief(_Part):
    """A host: cost an hour, the skills and hours one may work."""

    name: str = Field(min_length=1, max_length=60)
    hourly: Money = Decimal(0)
    skills: tuple[str, ...] = ()
    weekdays: tuple[Annotated[int, Field(ge=0, le=6)], ...] = (0, 1, 2, 3, 4, 5, 6)
    earliest: time = time(8, 0)
    latest: time = time(23, 59)
    max_hours_day: Annotated[int, Field(ge=1, le=12)] = 6
    max_hours_week: Annotated[int, Field(ge=1, le=60)] = 40


class HostPay(_Part):
    """How hosts are paid: base a month and a commission on GMV; for the pay simulation of `live_hosts`. Left out: hours × hourly, a reference rate."""

    base: Money | None = None
    rate: Share | None = None


class Session(_Part):
    """The stream to plan. `lasting` in hours; `viewers` where the room has no history."""

    day: date | None = None
    start: time = time(19, 30)
    lasting: Annotated[Number, Field(gt=0, le=24)] = Decimal(4)
    viewers: Annotated[int, Field(ge=1)] | None = None
    change_minutes: Annotated[int, Field(ge=0, le=10)] = 1
    same_role_in_a_row: Annotated[int, Field(ge=1, le=5)] = 2
    hero_every: Annotated[int, Field(ge=10, le=120)] = 25
    coupons: tuple[time, ...] = ()
    lotteries: tuple[time, ...] = ()
    ai_host: bool = False  # a digital host: it must be labelled throughout


class Rota(_Part):
    """What the boss says about streaming days: hours a week, gaps, and the people beside the host. Left out: the room's own habit."""

    hours_week: Annotated[Number, Field(gt=0, le=168)] | None = None
    sessions_day: Annotated[int, Field(ge=1, le=4)] = 2
    gap_hours: Annotated[Number, Field(ge=0, le=24)] = Decimal(2)  # between two streams
    shortest: Annotated[Number, Field(gt=0, le=24)] = Decimal(2)  # hours
    longest: Annotated[Number, Field(gt=0, le=24)] | None = None
    crew_hourly: Money | None = None  # assistant, control, customer service: per hour on air, without the host
    on_air: Annotated[int, Field(ge=1, le=3)] = 1  # hosts at a time
    skills: tuple[str, ...] = ()  # every host of this room needs them
    days_off: tuple[date, ...] = ()


class Brief(_Part):
    """Everything a merchant states about a room. All parts may be missing; each module names what it then needs."""

    room: str = "直播间"
    platform: str = "taobao"
    category: str | None = None
    currency: str = "CNY"
    month: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}$")
    economics: Economics = Economics()
    self_run: SelfRun | None = None
    agencies: tuple[Agency, ...] = ()
    creators: tuple[Creator, ...] = ()
    session: Session = Session()
    items: tuple[Item, ...] = ()
    hosts: tuple[HostBrief, ...] = ()
    rota: Rota = Rota()
    pay: HostPay = HostPay()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Brief:
        agencies, creators = [a.name for a in self.agencies], [c.name for c in self.creators]
        # a mode the brief leaves out may be added under its default name, and results are found by name
        for names, others in ((agencies, ("自播", "混合", "达人")), (creators, ("自播", "混合", "代播"))):
            for name in names:
                if name in others:
                    raise ValueError(f"the name of another mode: {name} / 和另一种方式重名：{name}")
        for names in ([i.sku for i in self.items], [h.name for h in self.hosts], [*agencies, *creators]):
            if len(set(names)) < len(names):
                twice = next(name for name in names if names.count(name) > 1)
                raise ValueError(f"named twice: {twice} / 出现两次：{twice}")
        return self


class _Loader(yaml.SafeLoader):
    """YAML 1.1 reads 19:30 as the number 1170; in a brief it is a time. Booleans are the words true and false only: `off` is text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in some if not tag.endswith((":int", ":float", ":bool"))]
    for first, some in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false|True|False)$"), list("tfTF"))


def plain_brief(path: Path) -> dict[str, Any]:
    """A brief's file as plain JSON data: numbers as written, days and times as text. Raises BadArguments in both languages."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadArguments(
                Text(f"“{path.name}”太大，不像一份直播需求。", f'"{path.name}" is too large for a brief.')
            )
        raw = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_Loader)
    except FileNotFoundError as error:
        raise BadArguments(Text(f"没有找到文件 {path}。", f"There is no file {path}.")) from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as error:
        why = str(error).splitlines()[0][:200]
        raise BadArguments(
            Text(f"读不了直播需求文件“{path.name}”：{why}。", f'The brief "{path.name}" cannot be read: {why}.')
        ) from error
    if not isinstance(raw, Mapping):
        raise _not_a_brief()
    plain: dict[str, Any] = _plain(raw)
    return plain


def _not_a_brief() -> BadArguments:
    return BadArguments(Text("直播需求应当是一组“字段: 值”。", "A brief is a set of `field: value` lines."))


def _plain(value: Any) -> Any:
    """Dates as text, keys as text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def load_brief(path: Path) -> Brief:
    """Read a brief from a YAML file. Raises BadArguments naming every wrong field, in both languages."""
    return parse_brief(plain_brief(path))


def parse_brief(raw: object) -> Brief:
    """Validate a brief given as plain data. Raises BadArguments naming every wrong field."""
    if not isinstance(raw, Mapping):
        raise _not_a_brief()
    try:
        return Brief.model_validate(dict(raw))
    except ValidationError as error:
        wrong = wrong_fields(error)
        raise BadArguments(
            Text(f"直播需求里有字段不对：{wrong.zh}。", f"Some fields of the brief are wrong: {wrong.en}.")
        ) from error
