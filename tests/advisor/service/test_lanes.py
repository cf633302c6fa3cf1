"""Places for turns: bounds, order, rotation among merchants, giving up, and one turn at a time in a thread."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from advisor.errors import TurnBusy
from advisor.service.lanes import Lanes
from tools.text import Text


class Hall:
    """Turns that hold their place until they are told to go; `order` is the order in which they got it."""

    def __init__(self, per_merchant: int, at_once: int) -> None:
        self.lanes = Lanes(per_merchant=per_merchant, at_once=at_once)
        self.order: list[str] = []
        self.told: dict[str, list[Text]] = {}
        self._go: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def come(self, name: str, *, thread: str | None = None, wait_s: float = 5) -> None:
        """`name` starts with the merchant: "a1"."""
        self._go[name] = asyncio.Event()
        told = self.told.setdefault(name, [])

        async def turn() -> None:
            until = asyncio.get_running_loop().time() + wait_s
            async with self.lanes.enter(name[0], thread or name, until=until, tell=told.append):
                self.order.append(name)
                await self._go[name].wait()

        self.tasks[name] = asyncio.create_task(turn())
        await _settle()

    async def leave(self, name: str) -> None:
        self._go[name].set()
        await self.tasks[name]
        await _settle()

    async def give_up(self, name: str) -> None:
        self.tasks[name].cancel()
        with suppress(asyncio.CancelledError):
            await self.tasks[name]
        await _settle()


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_merchant_has_so_many_places_and_others_are_not_held_up() -> None:
    hall = Hall(per_merchant=2, at_once=10)
    for name in ("a1", "a2", "a3", "a4", "b1"):
        await hall.come(name)
    assert hall.order == ["a1", "a2", "b1"]
    assert [hall.told[name][0].en for name in ("a3", "a4")] == [
        "Waiting: 2 questions ahead",
        "Waiting: 3 questions ahead",
    ]
    assert not hall.told["b1"]
    await hall.leave("a2")
    assert hall.order[-1] == "a3"


async def test_free_places_go_round_among_merchants_in_order_of_arrival_of_each() -> None:
    hall = Hall(per_merchant=4, at_once=1)
    for name in ("a1", "a2", "a3", "b1", "c1", "b2"):
        await hall.come(name)
    for _ in range(5):
        await hall.leave(hall.order[-1])
    assert hall.order == ["a1", "a2", "b1", "c1", "a3", "b2"]


@pytest.mark.parametrize("way", ["waiting", "holding"])
async def test_who_gives_up_frees_the_place_and_the_queue(way: str) -> None:
    hall = Hall(per_merchant=1, at_once=5)
    for name in ("a1", "a2", "a3"):
        await hall.come(name)
    await hall.give_up("a2" if way == "waiting" else "a1")
    await hall.leave("a1" if way == "waiting" else "a2")
    assert hall.order[-1] == "a3"
    await hall.leave("a3")
    await hall.come("a4")
    assert hall.order[-1] == "a4"


async def test_a_place_given_in_the_moment_of_giving_up_is_not_lost() -> None:
    hall = Hall(per_merchant=1, at_once=5)
    for name in ("a1", "a2", "a3"):
        await hall.come(name)
    hall._go["a1"].set()
    hall.tasks["a2"].cancel()  # both before the loop runs anything
    await _settle()
    assert hall.order[-1] == "a3"


async def test_one_turn_at_a_time_in_a_thread_and_who_waits_for_it_takes_no_place() -> None:
    hall = Hall(per_merchant=2, at_once=2)
    await hall.come("a1", thread="t")
    await hall.come("a2", thread="t")
    await hall.come("a3")
    assert hall.order == ["a1", "a3"]
    assert "before this one" in hall.told["a2"][0].en
    await hall.leave("a1")
    assert hall.order[-1] == "a2"


@pytest.mark.parametrize("thread", ["t", None])
async def test_waiting_ends_at_the_deadline_with_a_clear_sentence(thread: str | None) -> None:
    hall = Hall(per_merchant=1, at_once=1)
    await hall.come("a1", thread=thread)
    await hall.come("a2", thread=thread, wait_s=0.05)
    with pytest.raises(TurnBusy, match="ask again"):
        await hall.tasks["a2"]
    await hall.leave("a1")
    await hall.come("a3", thread=thread)
    assert hall.order == ["a1", "a3"]
