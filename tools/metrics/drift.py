"""A slow slide in a weekly series: a figure that goes one way for two to three months without a day on which it turned.

A month against the month before shows a third of such a slide, and every month the same third, so it never looks like news.
Here the last 13 weeks are read as a whole. Four questions, and all must be answered yes:

1. one way: Mann-Kendall's S, its variance widened by the lag-1 correlation of the series' own earlier blocks (Hamed & Rao 1998);
2. not its habit: Theil-Sen slope of the 13 weeks against the slopes of earlier blocks of 13 weeks of the same series, and
   against the same weeks a year before where they exist (a season slides every year);
3. large: the level of the last weeks against that of 8 to 12 weeks before;
4. no step: a line fits the weeks at least as well as the best single break, which `turns` would date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray

from tools.metrics.stats import middle_and_spread

__all__ = ["BLOCK", "LEAST_WEEKS", "Slide", "mann_kendall", "slide_of", "theil_sen"]

BLOCK = 13  # weeks
LEAST_WEEKS = 17  # the block, and a month before it to see where the slide began
_USABLE = 9  # of the block
_YEAR = 52
_STEP = 2  # weeks between the blocks of history: they overlap, so their count is not their information
_RECENT = 4
_THEN = slice(-13, -8)  # 8 to 12 weeks before the last
_ONE_WAY = 2.33  # one chance in a hundred on either side
_HABIT = (
    3.3  # some twenty series are read in a shop, all four questions must agree: none of 105 quiet shops slid at 3.0
)
_LEAST_PAST = 7  # overlapping blocks; half a year of history
_LARGE = 0.12  # log; under a ninth in two months nobody acts
_LARGE_SHORT = 0.30  # where there is no history that says what is usual
# Lag-1 correlation assumed without history, and the most that is believed: with 0.7 not even 13 weeks in perfect order could pass
# the first question, and the second already measures what memory does to slopes.
_MEMORY = 0.5


@dataclass(frozen=True)
class Slide:
    """`rate`: the last four weeks against 8 to 12 weeks before (-0.3 = 30 % lower). `slope`: log change a week.

    `z`: the slope against the slopes of the series' own past. `weeks`: how long ago it began, in weeks before the end.
    """

    rate: float
    slope: float
    z: float
    weeks: int


def theil_sen(values: Sequence[float | None]) -> float | None:
    """Median of the slopes of all pairs, per step; None with fewer than two values."""
    at, seen = _kept(values)
    if len(at) < 2:
        return None
    i, j = np.triu_indices(len(at), 1)
    return float(np.median((seen[j] - seen[i]) / (at[j] - at[i])))


def mann_kendall(values: Sequence[float | None], memory: float = 0.0) -> float:
    """Signed z of Mann-Kendall's S; `memory` is the lag-1 correlation of the noise, which makes runs of one sign likelier."""
    _, seen = _kept(values)
    n = len(seen)
    if n < 3:
        return 0.0
    i, j = np.triu_indices(n, 1)
    s = float(np.sign(seen[j] - seen[i]).sum())
    longer = 1 + 2 * sum((1 - k / n) * memory**k for k in range(1, n))
    variance = n * (n - 1) * (2 * n + 5) / 18 * max(longer, 1.0)
    return float((s - np.sign(s)) / np.sqrt(variance))


def slide_of(values: Sequence[float | None], noise: float) -> Slide | None:
    """The slide of the last 13 weeks of a log series, oldest first, None for a week that cannot be used.

    `noise` is the sampling spread of one week's log (from its counts). None when any of the four questions is answered no.
    """
    block = list(values[-BLOCK:])
    if len(values) < LEAST_WEEKS or sum(v is not None for v in block) < _USABLE:
        return None
    slope, change = theil_sen(block), _change(values)
    if slope is None or change is None or slope * change <= 0:
        return None
    past = _blocks(values[:-BLOCK])
    memory = _memory(past) if past else _MEMORY
    if abs(change) < (_LARGE if past else _LARGE_SHORT) or mann_kendall(block, memory) * np.sign(slope) < _ONE_WAY:
        return None
    z = _against_past(slope, block, past, noise)
    if abs(z) < _HABIT or _yearly(values, slope) or not _no_step(block):
        return None
    return Slide(float(np.exp(change) - 1), slope, round(z, 1), _began(values))


def _kept(values: Sequence[float | None]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    pairs = [(k, v) for k, v in enumerate(values) if v is not None]
    return np.array([k for k, _ in pairs], dtype=np.float64), np.array([v for _, v in pairs], dtype=np.float64)


def _change(values: Sequence[float | None]) -> float | None:
    now, then = ([v for v in part if v is not None] for part in (values[-_RECENT:], values[_THEN]))
    return median(now) - median(then) if len(now) >= 2 and len(then) >= 2 else None


def _blocks(history: Sequence[float | None]) -> list[list[float | None]]:
    """Blocks of 13 weeks back from the end of the history, each usable enough to have a slope."""
    ends = range(len(history), BLOCK - 1, -_STEP)
    blocks = [list(history[end - BLOCK : end]) for end in ends]
    usable = [block for block in blocks if sum(v is not None for v in block) >= _USABLE]
    return usable if len(usable) >= _LEAST_PAST else []


def _memory(blocks: Sequence[Sequence[float | None]]) -> float:
    """Lag-1 correlation of what is left around each block's own line, 0 to 0.5; a line through 13 points hides some of it."""
    above, below = 0.0, 0.0
    for block in blocks:
        left = _residuals(block)
        pairs = [(a, b) for a, b in pairwise(left) if a is not None and b is not None]
        above += sum(a * b for a, b in pairs)
        below += sum((a * a + b * b) / 2 for a, b in pairs)
    rho = above / below if below else 0.0
    return float(min(max(rho + (1 + 4 * rho) / BLOCK, 0.0), _MEMORY))


def _residuals(block: Sequence[float | None]) -> list[float | None]:
    slope = theil_sen(block) or 0.0
    level = median(v - slope * k for k, v in enumerate(block) if v is not None)
    return [None if v is None else v - slope * k - level for k, v in enumerate(block)]


def _against_past(
    slope: float, block: Sequence[float | None], past: Sequence[Sequence[float | None]], noise: float
) -> float:
    """z of the slope: own past slopes give middle and spread, never less than what the weeks' own scatter and counts give."""
    at, _ = _kept(block)
    around = middle_and_spread([v for v in _residuals(block) if v is not None])[1]
    length = float(np.sqrt(((at - at.mean()) ** 2).sum()))
    least = max(around, noise, 0.01) / length
    if not past:
        return slope / least
    middle, spread = middle_and_spread([s for b in past if (s := theil_sen(b)) is not None])
    own = BLOCK / (_STEP * len(past) + BLOCK)  # one over the number of blocks that do not overlap
    return (slope - middle) / (max(spread, least) * (1 + 2 * own))


def _yearly(values: Sequence[float | None], slope: float) -> bool:
    """Whether the same weeks a year before slid half as much the same way: then it is the season."""
    before = values[-BLOCK - _YEAR : -_YEAR]
    if len(before) < BLOCK or sum(v is not None for v in before) < _USABLE:
        return False
    then = theil_sen(before)
    return then is not None and then * np.sign(slope) > abs(slope) / 2


def _no_step(block: Sequence[float | None]) -> bool:
    at, seen = _kept(block)
    line = np.polyval(np.polyfit(at, seen, 1), at)
    straight = float(((seen - line) ** 2).sum())
    broken = min(
        float(((seen[:k] - seen[:k].mean()) ** 2).sum() + ((seen[k:] - seen[k:].mean()) ** 2).sum())
        for k in range(2, len(seen) - 1)
    )
    return straight <= broken


def _began(values: Sequence[float | None]) -> int:
    """Weeks before the end at which a level gives way to a line: the best hinge of the last 26 weeks."""
    at, seen = _kept(values[-2 * BLOCK :])
    last = len(values[-2 * BLOCK :]) - 1
    best: tuple[float, int] | None = None
    for weeks in range(5, min(last, 2 * BLOCK - 4)):
        ramp = np.maximum(at - (last - weeks), 0)
        design = np.column_stack([np.ones_like(ramp), ramp])
        fitted = design @ np.linalg.lstsq(design, seen, rcond=None)[0]
        error = float(((seen - fitted) ** 2).sum())
        if best is None or error < best[0]:
            best = (error, weeks)
    return BLOCK if best is None else best[1]
