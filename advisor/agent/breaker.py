"""A circuit breaker per model host: one that fails again and again is left alone for a while, then tried once before it is trusted."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Breaker"]


@dataclass
class _Host:
    failures: int = 0  # in a row
    closed_until: float = 0.0  # on the breaker's clock
    trial: bool = False  # one turn is finding out whether the host is back


class Breaker:
    """In-process, used on one event loop. A turn that got `allow` reports back with exactly one of the other three."""

    def __init__(
        self,
        *,
        after: int = 3,
        pause_s: float = 30.0,
        most_s: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._after = after
        self._pause_s = pause_s
        self._most_s = most_s
        self._clock = clock
        self._hosts: dict[str, _Host] = {}

    def allow(self, host: str) -> bool:
        """Whether a turn may ask the host. After a pause one turn may, and the others wait for what it finds."""
        state = self._hosts.get(host)
        if state is None or state.failures < self._after:
            return True
        if state.trial or self._clock() < state.closed_until:
            return False
        state.trial = True
        return True

    def wait_s(self, host: str) -> float:
        """Seconds until the host is tried again; 0 when it may be asked or is being tried."""
        state = self._hosts.get(host)
        return max(0.0, state.closed_until - self._clock()) if state is not None else 0.0

    def failed(self, host: str) -> None:
        """One more turn in a row got no answer; from the bound on, each failure doubles the pause."""
        state = self._hosts.setdefault(host, _Host())
        state.failures += 1
        state.trial = False
        over = state.failures - self._after
        if over >= 0:
            state.closed_until = self._clock() + min(self._most_s, self._pause_s * 2.0 ** min(over, 20))

    def worked(self, host: str) -> None:
        self._hosts.pop(host, None)

    def unknown(self, host: str) -> None:
        """The turn ended without telling (cancelled, or never asked): the next one may try."""
        if host in self._hosts:
            self._hosts[host].trial = False
