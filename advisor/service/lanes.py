"""Who runs when: one turn at a time in a thread, a few at a time for a merchant, and turns among merchants in fair rotation."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from advisor.errors import TurnBusy
from tools.text import Text

__all__ = ["Lanes"]

_SAME_THREAD = Text(
    "这个对话的上一个问题还在作答，答完就轮到这个",
    "The question before this one is still being answered; this one is next",
)
_BUSY = Text(
    "前面的问题还没有答完，这个问题没有排到；请稍后再问一次。",
    "Earlier questions are still being answered and this one did not get its turn; ask again in a moment.",
)


@asynccontextmanager
async def _by(until: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout_at(until):
            yield
    except TimeoutError as error:
        raise TurnBusy(_BUSY) from error


def _ahead(count: int) -> Text:
    return Text(f"前面还有 {count} 个问题，排队中", f"Waiting: {count} question{'s' if count > 1 else ''} ahead")


class Lanes:
    """In-process, used on one event loop. Waiting shows as progress and ends with TurnBusy at the deadline."""

    def __init__(self, *, per_merchant: int, at_once: int) -> None:
        self._per_merchant = per_merchant
        self._at_once = at_once
        self._running: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()  # in rotation
        self._threads: dict[str, asyncio.Lock] = {}
        self._users: Counter[str] = Counter()  # of a thread's lock, holding or waiting

    @asynccontextmanager
    async def enter(
        self, merchant_id: str, thread_id: str, *, until: float, tell: Callable[[Text], None]
    ) -> AsyncIterator[None]:
        """Hold the thread and a place of the merchant. Who waits for a thread takes no place meanwhile."""
        async with self._thread(thread_id, until, tell):
            async with _by(until):
                await self._place(merchant_id, tell)
            try:
                yield
            finally:
                self._leave(merchant_id)

    @asynccontextmanager
    async def _thread(self, thread_id: str, until: float, tell: Callable[[Text], None]) -> AsyncIterator[None]:
        lock = self._threads.setdefault(thread_id, asyncio.Lock())
        self._users[thread_id] += 1
        try:
            if lock.locked():
                tell(_SAME_THREAD)
            async with _by(until):
                await lock.acquire()
            try:
                yield
            finally:
                lock.release()
        finally:
            self._users[thread_id] -= 1
            if not self._users[thread_id]:
                del self._users[thread_id], self._threads[thread_id]

    async def _place(self, merchant_id: str, tell: Callable[[Text], None]) -> None:
        queue = self._waiting.setdefault(merchant_id, deque())
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(place)
        self._serve()
        if not place.done():
            tell(_ahead(self._running[merchant_id] + len(queue) - 1 or self._running.total()))
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._leave(merchant_id)  # it was given the place at the very moment it left
            elif place in queue:
                queue.remove(place)
            raise

    def _leave(self, merchant_id: str) -> None:
        self._running[merchant_id] -= 1
        if not self._running[merchant_id]:
            del self._running[merchant_id]
        self._serve()

    def _serve(self) -> None:
        """Give free places away: to the merchant whose last one was given longest ago, and of a merchant in order of arrival."""
        while self._running.total() < self._at_once:
            merchant = next((m for m, q in self._waiting.items() if q and self._running[m] < self._per_merchant), None)
            if merchant is None:
                break
            place = self._waiting[merchant].popleft()
            if not place.done():  # else it has just been given up
                self._waiting.move_to_end(merchant)
                self._running[merchant] += 1
                place.set_result(None)
        for merchant in [m for m, queue in self._waiting.items() if not queue and not self._running[m]]:
            del self._waiting[merchant]
