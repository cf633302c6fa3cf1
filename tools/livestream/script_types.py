"""What a livestream script is made of: beats of a product loop, cues of the session, and the facts the words stand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Literal

from tools.livestream.brief import Role
from tools.text import Text

__all__ = ["Beat", "Cue", "CueKind", "Loop", "Script", "clock"]

CueKind = Literal["opening", "talk", "coupon", "lottery", "interaction", "closing"]


@dataclass(frozen=True)
class Beat:
    """A part of a loop. `start` and `seconds` from its beginning; `uses` names the facts in the words, `missing` what to supply."""

    id: str
    start: int
    seconds: int
    label: Text
    say: Text
    show: Text
    control: Text
    uses: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Loop:
    """One product told once. `facts` are the only things its words may claim, so that a model's own words can be checked."""

    sku: str
    title: str
    link: int
    beats: tuple[Beat, ...]
    facts: Mapping[str, Text]

    @property
    def seconds(self) -> int:
        return sum(beat.seconds for beat in self.beats)

    @property
    def missing(self) -> tuple[str, ...]:
        """Facts to supply, each once, in the order of the loop."""
        return tuple(dict.fromkeys(key for beat in self.beats for key in beat.missing))


@dataclass(frozen=True)
class Cue:
    """A stretch of the session, minutes from its start: what the host opens with, what is on screen, what control does."""

    kind: CueKind
    start: int
    minutes: int
    say: Text
    show: Text
    control: Text
    sku: str = ""
    title: str = ""
    link: int | None = None
    role: Role | None = None
    airing: int = 1  # the n-th time this item is told


@dataclass(frozen=True)
class Script:
    """The session minute by minute, and a loop per product in the order of the links."""

    start: time
    minutes: int
    cues: tuple[Cue, ...]
    loops: tuple[Loop, ...] = field(default=())
    ai_host: bool = False
    planned: bool = False  # True: the order comes from the product plan; False: an even loop over the roles


def clock(start: time, minutes: int) -> str:
    """The time of day so many minutes after the start, past midnight too."""
    total = (start.hour * 60 + start.minute + minutes) % (24 * 60)
    return f"{total // 60:02d}:{total % 60:02d}"
