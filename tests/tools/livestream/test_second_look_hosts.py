"""Host rules at their edges: what the clock, the sharing, the level of a pair and the small-sample covariance do exactly there."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from tests.tools.livestream.host_rooms import given, row
from tests.tools.livestream.test_hosts_compare import rota
from tests.tools.livestream.test_hosts_mixed import sessions
from tests.tools.livestream.test_hosts_rows import Read, line, read, shift, stream
from tests.tools.livestream.test_roster import air, at
from tools.livestream.fatigue import fatigue_curve
from tools.livestream.hosts_compare import Comparison, Refusal, compare_hosts
from tools.livestream.hosts_mixed import RateFit, fit_linear
from tools.livestream.hosts_rows import HostRow, Sale
from tools.livestream.roster_rules import HANDOVER, HostSpec, Turn, static_reasons

__all__ = ["read"]


@pytest.mark.parametrize(("free_at", "reasons"), [("2 19:50", set()), ("2 19:55", {"busy"}), ("2 20:00", {"busy"})])
def test_the_hour_of_rest_runs_until_the_handover_not_until_the_turn(free_at: str, reasons: set[str]) -> None:
    """A turn from 21:00 begins for its host at 20:50, so whatever comes before must end by 19:50."""
    turn = Turn(0, 0, at("2 21:00"), at("2 23:00"), at("2 21:00") - HANDOVER)
    host = HostSpec("a", busy=((at("2 18:00"), at(free_at)),))
    assert set(static_reasons(host, air("s", "2 19:00", "2 23:00"), turn)) == reasons


def test_minutes_nobody_was_rostered_for_keep_their_viewers(read: Read) -> None:
    """2,400 viewers over 240 minutes; the roster names one host for the first 60 only."""
    found = read({"live_sessions": [stream()], "live_shifts": [shift("甲", 0, 60)], "live_orders": [line("1", 10, 100)]})  # fmt: skip
    (one,) = found.rows
    assert one.viewers == 600


@pytest.mark.parametrize(("shared", "linked"), [(2, False), (3, True)])
def test_three_shifts_in_a_slot_share_it_and_two_do_not(shared: int, linked: bool) -> None:
    """丙 works mornings, beside `shared` evenings with the others."""
    both = [row("丙", n, name=f"e{n}", start="19:00") for n in range(shared)]
    found = compare_hosts(given([*rota("甲乙", 12), *rota("丙", 10, {"丙": "09:00"}), *both]))
    assert isinstance(found, Comparison) == linked
    assert linked or (isinstance(found, Refusal) and found.reason == "no_overlap")


@pytest.mark.parametrize(("hosts", "pairs"), [("甲乙丙", 3), ("甲乙丙丁", 6)])
def test_a_pair_is_held_at_a_level_good_for_all_pairs(monkeypatch: pytest.MonkeyPatch, hosts: str, pairs: int) -> None:
    asked: list[float] = []
    plain = RateFit.interval

    def heard(self: RateFit, contrast: Any, level: float = 0.95) -> Any:
        asked.append(level)
        return plain(self, contrast, level)

    monkeypatch.setattr(RateFit, "interval", heard)
    found = compare_hosts(given(rota(hosts, 12)))
    assert isinstance(found, Comparison) and len(found.pairs) == pairs
    assert [round((1 - level) * pairs, 9) for level in asked if level != 0.95] == [0.05] * pairs


def test_the_covariance_is_that_of_kenward_and_roger_written_out() -> None:
    """Biometrics 53 (1997), eq. 3-5, with whole matrices: the plain covariance and what the variances' own doubt adds to it."""
    z, x, group = sessions(np.random.default_rng(11), n=12)
    found = fit_linear(z, x, group)
    parts = [np.eye(z.size), (group[:, None] == group[None, :]).astype(float)]
    inverse = np.linalg.inv(found.within * parts[0] + found.between * parts[1])
    phi = np.linalg.inv(x.T @ inverse @ x)
    project = inverse - inverse @ x @ phi @ x.T @ inverse
    doubt = np.linalg.inv(np.array([[0.5 * np.trace(project @ a @ project @ b) for b in parts] for a in parts]))
    extra = np.zeros_like(phi)
    for i, a in enumerate(parts):
        for j, b in enumerate(parts):
            p, q = (-x.T @ inverse @ one @ inverse @ x for one in (a, b))
            extra += doubt[i, j] * (x.T @ inverse @ a @ inverse @ b @ inverse @ x - p @ phi @ q)
    assert np.allclose(found.plain, phi, rtol=1e-6)
    assert np.allclose(found.covariance, phi + 2 * phi @ extra @ phi, rtol=1e-6)
    assert not np.allclose(found.covariance, phi, rtol=1e-3)


@pytest.mark.parametrize("minutes", [120, 160, 180])
def test_a_part_of_an_hour_counts_by_its_own_minutes(minutes: int) -> None:
    """An order of 100 every four minutes to the end: no hour fades, whole or not."""
    rows = []
    for k in range(12):
        own = row("甲", k, start=("10:00", "15:00", "19:00")[k % 3], minutes=float(minutes))
        assert own.start is not None
        sales = tuple(Sale(own.session_id, "甲", own.start + timedelta(minutes=m), Decimal(100)) for m in range(0, minutes, 4))  # fmt: skip
        rows.append(HostRow(**{**own.__dict__, "sales": sales}))
    found = fatigue_curve(given(rows))
    assert [hour.ratio.mean for hour in found.hours] == pytest.approx([0.0] * (1 if minutes == 120 else 2))
