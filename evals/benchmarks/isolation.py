"""Does anybody ever see what is not theirs? A hypothesis state machine over shops, people and everything that is kept of them.

python -m evals.benchmarks.isolation --steps 10000 --seed 1
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from advisor.scope import Scope
from evals.isolation import SCOPES, World, make_template
from evals.isolation_acts import adopt, approve, ask_for, papers

__all__ = ["machine", "main", "run", "walk"]

_SCOPE = st.sampled_from(SCOPES)
_NUMBER = st.integers(0, 400)
_TOOLS = ("file_feedback", "notify_merchant", "send_brief")
_ACTS = ("show", "edit", "answer", "ignore", "accept")
_SLOW = 40  # a whole turn, and a search over documents, once in so many steps


class Isolation(RuleBasedStateMachine):
    """The machine over copies of `template`; `done` counts its steps by kind."""

    template: ClassVar[Path]
    done: ClassVar[Counter[str]]
    documents: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.world = World.copy_of(self.template, Path(self._folder.name))

    def teardown(self) -> None:
        self.world.close()
        self._folder.cleanup()

    def _count(self, name: str) -> str:
        """One step; gives a new token."""
        self.done[name] += 1
        return self.world.token()

    @rule(scope=_SCOPE, number=_NUMBER, whole=st.booleans())
    def turn(self, scope: Scope, number: int, whole: bool) -> None:
        token = self._count("turn")
        thread = self.world.pick("thread", number)
        if whole and sum(self.done.values()) % _SLOW == 0:
            self._count("whole turn")
            self.world.ask(scope, thread, token)
        else:
            self.world.turn(scope, thread, "问", token)

    @rule(scope=_SCOPE, number=_NUMBER)
    def read_thread(self, scope: Scope, number: int) -> None:
        self._count("read thread")
        thing = self.world.pick("thread", number)
        store = self.world.store
        for read in (store.messages, store.evidence, store.shelf.info):
            self.world.attempt(scope, "thread", thing, lambda ident, read=read: read(scope, ident), "read")  # type: ignore[misc]

    @rule(scope=_SCOPE, number=_NUMBER)
    def delete_thread(self, scope: Scope, number: int) -> None:
        self._count("delete thread")
        thing = self.world.pick("thread", number)

        def delete(ident: str) -> bool:
            self.world.store.delete_thread(scope, ident)
            return True

        if self.world.attempt(scope, "thread", thing, delete, "delete") and thing is not None:
            self.world.drop(thing)

    @rule(scope=_SCOPE, value=st.integers(1, 90))
    def remember(self, scope: Scope, value: int) -> None:
        token = self._count("remember")
        self.world.remember(scope, token, value)

    @rule(scope=_SCOPE, number=_NUMBER, shared=st.booleans())
    def share_words(self, scope: Scope, number: int, shared: bool) -> None:
        self._count("share words")
        thing = self.world.pick("memory", number)
        if thing is None or scope.role != "merchant":
            return

        def share(ident: str) -> bool:
            self.world.store.memory.share(scope, ident, shared=shared)
            self.world.store.memory.share(scope, f"margin_{thing.token}", shared=shared)
            return True

        if self.world.attempt(scope, "memory", thing, share, "share"):
            (self.world.shared.add if shared else self.world.shared.discard)(thing.token)

    @rule(scope=_SCOPE, tool=st.sampled_from(_TOOLS))
    def request(self, scope: Scope, tool: str) -> None:
        token = self._count("request")
        ask_for(self.world, scope, tool, token)

    @rule(scope=_SCOPE, number=_NUMBER, act=st.sampled_from(_ACTS))
    def decide(self, scope: Scope, number: int, act: str) -> None:
        token = self._count("decide")
        approve(self.world, scope, self.world.pick("approval", number), act, token)

    @rule(scope=_SCOPE, shared=st.booleans())
    def adopt_plan(self, scope: Scope, shared: bool) -> None:
        token = self._count("adopt")
        adopt(self.world, scope, token, shared)

    @rule(scope=_SCOPE, number=_NUMBER)
    def read_plan(self, scope: Scope, number: int) -> None:
        self._count("read plan")
        thing = self.world.pick("plan", number)
        self.world.attempt(scope, "plan", thing, lambda ident: self.world.store.plans.get(scope, ident), "plan")

    @rule(scope=_SCOPE)
    def look(self, scope: Scope) -> None:
        self._count("look")
        self.world.look(scope)

    @rule(scope=_SCOPE)
    def read_papers(self, scope: Scope) -> None:
        self._count("papers")
        if self.documents and self.done["papers"] % _SLOW == 1:
            papers(self.world, scope)


def machine(template: Path, done: Counter[str], *, documents: bool = False) -> type[RuleBasedStateMachine]:
    """The machine over copies of the template; `done` counts its steps by kind."""
    return type("IsolationHere", (Isolation,), {"template": template, "done": done, "documents": documents})


_DRAWN: dict[str, Callable[[random.Random], Any]] = {
    "scope": lambda dice: dice.choice(SCOPES),
    "number": lambda dice: dice.randint(0, 400),
    "whole": lambda dice: True,
    "shared": lambda dice: dice.random() < 0.5,
    "value": lambda dice: dice.randint(1, 90),
    "tool": lambda dice: dice.choice(_TOOLS),
    "act": lambda dice: dice.choice(_ACTS),
}


def walk(template: Path, *, steps: int, number: int) -> Counter[str]:
    """The same steps in one world, each kind as likely as the others: the short form. Hypothesis leaves most kinds out of one example."""
    done: Counter[str] = Counter()
    dice = random.Random(number)
    world = machine(template, done)()
    rules = sorted(world.rules, key=lambda one: one.function.__name__)
    try:
        while sum(done.values()) < steps:
            one = dice.choice(rules)
            one.function(world, **{name: _DRAWN[name](dice) for name in one.arguments})
    finally:
        world.teardown()
    return done


def run(template: Path, *, steps: int, number: int, length: int = 50, documents: bool = False) -> Counter[str]:
    """Play at least `steps` steps; raises Leak with what led to it. Returns the steps by kind."""
    done: Counter[str] = Counter()
    round_number = 0
    while sum(done.values()) < steps:
        left = steps - sum(done.values())
        kind: Any = seed(number + 1000 * round_number)(machine(template, done, documents=documents))
        round_number += 1
        run_state_machine_as_test(
            kind,
            settings=settings(
                max_examples=max(1, -(-left // length)),
                stateful_step_count=length,
                deadline=None,
                database=None,
                phases=(Phase.generate,),
                suppress_health_check=list(HealthCheck),
            ),
        )
    return done


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        make_template(Path(folder), documents=True)
        started = time.perf_counter()
        done = run(Path(folder), steps=asked.steps, number=asked.seed, documents=True)
    seconds = time.perf_counter() - started
    print(f"{sum(done.values()):,} steps in {seconds:.0f} s, seed {asked.seed}: nobody saw what is not theirs")
    print(" · ".join(f"{name} {count:,}" for name, count in done.most_common()))


if __name__ == "__main__":
    main()
