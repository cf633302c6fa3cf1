"""The schedule of the next weeks: which streams by the room's own response, who hosts them, what the platform's events change.

`plan_schedule` is pure: brief, ground and history in, `Schedule` out, the same every time. A room without history gets a test plan by rule,
with no figure on it: the public online index says where people are, not what this shop would sell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from tools.errors import BadArguments
from tools.livestream.assumption import Basis
from tools.livestream.brief import Brief, HostBrief
from tools.livestream.ground import Ground
from tools.livestream.response import History, campaign_days, room_response
from tools.livestream.roster import host_specs, make_roster
from tools.livestream.roster_rules import Air
from tools.livestream.schedule_choice import Candidate, Terms, candidates, choose
from tools.livestream.schedule_promo import phase_on, promo_phases, ramp_steps, undated
from tools.livestream.schedule_terms import stated_terms, test_hours
from tools.livestream.schedule_types import SLOTS, PlannedSession, PromoPhase, Response, Schedule, Slot
from tools.livestream.schedule_words import why_chosen, why_test
from tools.text import Text

__all__ = ["MOST_WEEKS", "plan_schedule"]

MOST_WEEKS = 12
_STALE = timedelta(days=60)
_TEST_SLOTS: tuple[Slot, ...] = (
    "noon",
    "late",
    "morning",
)  # a new room starts outside the densest hours (knowhow A4, low confidence)


def plan_schedule(
    brief: Brief,
    base: Ground,
    history: History,
    *,
    start: date,
    weeks: int = 4,
    currency: str = "CNY",
    hosts: Sequence[HostBrief] | None = None,
    strengths: Mapping[str, Mapping[Slot, Decimal]] | None = None,
    seconds: float = 12.0,
) -> Schedule:
    """Sessions, promo phases, ramp and roster for `weeks` from `start`.

    `hosts`: the brief's unless given (the tool passes those seen in shifts). `strengths`: by host and slot, where `live_hosts` found hosts
    comparable. `seconds`: most for each roster solve. Raises BadArguments for a horizon outside 1 to 12 weeks.
    """
    if not 1 <= weeks <= MOST_WEEKS:
        raise BadArguments(Text(f"一次排 1 到 {MOST_WEEKS} 周，收到 {weeks}。", f"A schedule covers 1 to {MOST_WEEKS} weeks, not {weeks}."))  # fmt: skip
    days = [start + timedelta(days=n) for n in range(7 * weeks)]
    response = room_response(history)
    staff = tuple(brief.hosts if hosts is None else hosts)
    terms, assumptions = stated_terms(brief, response, base, staff)
    phases = promo_phases(days[0], days[-1], history.platform)
    cold = response.basis is Basis.REFERENCE
    if cold:
        sessions, status = _tests(days, terms, phases), "rule"
    else:
        sessions, status = _planned(days, response, terms, phases, history.platform, currency)
    roster = make_roster([_air(one, terms, brief) for one in sessions], host_specs(staff, strengths), seconds=seconds)
    return Schedule(
        start=start,
        weeks=weeks,
        response=response,
        sessions=sessions,
        phases=phases,
        ramp=ramp_steps(start, weeks) if cold else (),
        roster=roster,
        assumptions=assumptions,
        margin=terms.margin,
        ad_share=terms.ad_share,
        crew_hour=terms.crew_hour,
        status=status,  # type: ignore[arg-type]
        notes=(
            *response.notes,
            *_notes(response, base, terms, start),
            *undated(days[0], days[-1], history.platform),
        ),
    )


def _planned(
    days: Sequence[date], response: Response, terms: Terms, phases: Sequence[PromoPhase], platform: str, currency: str
) -> tuple[tuple[PlannedSession, ...], str]:
    lift = {}
    if response.campaign is not None and response.campaign_clear:
        lift = dict.fromkeys(campaign_days(days[0], days[-1], platform), response.campaign)
    options = candidates(_cautious(response), terms, days, lift)
    picked, status = choose(options, terms, days[0])
    return tuple(_session(one, response, terms, phases, currency) for one in sorted(picked, key=lambda c: c.start)), status  # fmt: skip


def _cautious(response: Response) -> Response:
    """A weekday never tried in its slot counts at the low end of its interval: an unseen hour is not to win by chance."""
    return replace(response, cells=tuple(one if one.n else replace(one, gmv_hour=one.low) for one in response.cells))


def _session(one: Candidate, response: Response, terms: Terms, phases: Sequence[PromoPhase], currency: str) -> PlannedSession:  # fmt: skip
    cell = response.cell(one.cell.weekday, one.cell.slot) or one.cell
    level = one.cell.gmv_hour or Decimal(1)
    low, high = (one.gmv * (bound or Decimal(0)) / level for bound in (cell.low, cell.high))
    mean = one.gmv * (cell.gmv_hour or Decimal(0)) / level
    return PlannedSession(
        session_id=_name(one.start, one.cell.slot),
        day=one.day,
        slot=one.cell.slot,
        start=one.start,
        end=one.end,
        n=cell.n,
        gmv=_cents(mean),
        gmv_low=_cents(low),
        gmv_high=_cents(high),
        contribution=None if terms.kept is None or terms.crew_hour is None else _cents(mean * terms.kept - one.hours * terms.crew_hour),
        last_hour=None if one.last is None or terms.crew_hour is None else _cents(one.last),
        next_hour=None if one.next is None or terms.crew_hour is None else _cents(one.next),
        phase=phase_on(one.day, phases),
        why=why_chosen(one, cell, terms, currency),
    )  # fmt: skip


def _name(start: datetime, slot: Slot) -> str:
    return f"{start:%Y%m%d-%H%M}-{slot}"


def _cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"))


def _tests(days: Sequence[date], terms: Terms, phases: Sequence[PromoPhase]) -> tuple[PlannedSession, ...]:
    """Short streams spread over the week, each day in another slot, so that weekday and slot can be told apart after a few weeks."""
    length = timedelta(minutes=int(test_hours(terms) * 60))
    a_week = min(int(terms.hours_week / test_hours(terms)), 7)
    spread = {round(7 * k / a_week) % 7 for k in range(a_week)} if a_week else set()
    found = []
    for n, day in enumerate(days):
        if n % 7 not in spread or day in terms.days_off:
            continue
        slot = _test_slot(n % 7, n // 7)
        start = datetime.combine(day, SLOTS[slot][2])
        found.append(
            PlannedSession(
                _name(start, slot), day, slot, start, start + length, 0, None, None, None, None, None, None, phase_on(day, phases), why_test(slot)
            )
        )  # fmt: skip
    return tuple(found)


def _test_slot(weekday: int, week: int) -> Slot:
    """Four weeks give a weekday all four slots; evenings, where rooms are densest, come in the third and fourth only."""
    cycle = week % 4
    if cycle >= 2 and (weekday + cycle) % 2 == 0:
        return "evening"
    return _TEST_SLOTS[(weekday + min(cycle, 2)) % len(_TEST_SLOTS)]


def _air(one: PlannedSession, terms: Terms, brief: Brief) -> Air:
    hours = one.hours
    worth = None if one.gmv is None or terms.kept is None else one.gmv * terms.kept / hours
    return Air(one.session_id, one.start, one.end, one.slot, brief.rota.on_air, frozenset(brief.rota.skills), worth)


def _notes(response: Response, base: Ground, terms: Terms, start: date) -> list[Text]:
    notes: list[Text] = []
    if response.basis is Basis.REFERENCE:
        notes.append(Text("自家直播场次太少，还看不出哪个时段好：先按规则轮流试时段，不写预期成交。公开的各时段在线占比来自抖音、可信度低，只当参考。", "Too few streams of its own to tell good hours: a test plan by rule, with no expected sales. Public shares of users online are Douyin's and of low confidence, a reference only."))  # fmt: skip
        return notes
    if terms.margin is None:
        notes.append(Text("缺成本或扣点，算不出每元成交剩多少：场次按成交额选，判断不了这一小时该不该开。", "Without costs or fees it cannot be told what a yuan of sales leaves: sessions are chosen by sales, and whether an hour pays cannot be judged."))  # fmt: skip
    elif base.unit is None:
        notes.append(Text("平台扣点没给，按 0 算，是最好的情况；补上后能留下的会更少。", "The platform fee was not given and counts as 0, the best case; with it less is left."))  # fmt: skip
    if terms.kept is not None and terms.crew_hour is None:
        notes.append(Text("主播时薪和场控等人工没给（hosts.hourly、rota.crew_hourly），只按扣完货、退货和投流后的剩余选场次，没有减人工。", "Pay of hosts and crew was not given (hosts.hourly, rota.crew_hourly): sessions are chosen by what is left after goods, returns and ads, before people."))  # fmt: skip
    if response.last is not None and start - response.last > _STALE:
        notes.append(Text(f"直播数据只到 {response.last}，离排期开始已久，请补最近的场次。", f"Livestream data end on {response.last}, long before the plan begins; import the latest sessions."))  # fmt: skip
    never = [SLOTS[slot][1] for slot in SLOTS if slot not in response.starts]
    if never:
        notes.append(Text(f"没播过的时段（{'、'.join(t.zh for t in never)}）没有自家数据，不排进计划；想试就每周拿一场短的去试。", f"Slots never tried ({', '.join(t.en for t in never)}) have no data of this room and are left out; to try one, give it one short stream a week."))  # fmt: skip
    if not response.profile:
        notes.append(Text("没有带付款时间的直播订单明细，看不出第几个小时还值得播：每场按平时的时长排。", "Without order lines with payment times it cannot be told which hour still pays: sessions keep their usual length."))  # fmt: skip
    else:
        notes.append(Text("第几小时的产出里混着钟点和疲劳，分不开；没播过的更长时长不外推。", "Sales by hour on air mix the clock with fatigue and cannot be told apart; longer streams than were ever held are not extrapolated."))  # fmt: skip
    return notes
