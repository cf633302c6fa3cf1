"""Bounds of a turn and of a tool result: what is cut, in which order, and that the answer can say so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from advisor.agent.guards import Guards, cut, fresh
from advisor.brains.base import Outcome, ToolCall
from tools.facts import Chart, Claim, Fact, ToolResult, ToolTable

SAID = Claim(zh="一", en="one")


def _facts(count: int, padding: int = 0) -> list[Fact]:
    return [Fact(id=f"f_{n}", kind="metric", claim=SAID, data={"more": "x" * padding}) for n in range(count)]


def _size(result: ToolResult) -> int:
    return len(result.model_dump_json().encode())


def _calls(*names: str) -> list[ToolCall]:
    return [ToolCall(f"c{n}", name, {"by": ["x"]}) for n, name in enumerate(names)]


def test_a_result_within_its_bounds_is_left_alone() -> None:
    result = ToolResult(facts=_facts(80), tables=[ToolTable(title=SAID, columns=("a",), rows=((1,),) * 1000)])
    assert cut(result, facts=80, size=512_000) is result


def test_the_first_facts_and_rows_are_kept_and_each_cut_is_noted() -> None:
    result = ToolResult(facts=_facts(81), tables=[ToolTable(title=SAID, columns=("a",), rows=((1,),) * 1001)])
    short = cut(result, facts=80, size=512_000)
    assert [fact.id for fact in short.facts] == [f"f_{n}" for n in range(80)]
    assert len(short.tables[0].rows) == 1000
    assert [("1001" in note.zh, "81" in note.zh) for note in short.notes] == [(True, False), (False, True)]
    assert len(result.facts) == 81 and not result.notes  # what the tool gave is not changed: it may be remembered


@pytest.mark.parametrize(
    ("grown", "lost"),
    [
        (lambda: {"charts": [Chart(kind="bars", title=SAID, data={"x": "汉" * 40_000})]}, "charts"),
        (lambda: {"tables": [ToolTable(title=SAID, columns=("a",), rows=(("汉" * 40_000,),))]}, "tables"),
    ],
)
def test_what_is_too_large_loses_the_heaviest_part_and_keeps_its_facts(
    grown: Callable[[], dict[str, Any]], lost: str
) -> None:
    short = cut(ToolResult(facts=_facts(3, 10), **grown()), facts=80, size=100_000)
    assert getattr(short, lost) == []
    assert [fact.data["more"] for fact in short.facts] == ["x" * 10] * 3
    assert len(short.notes) == 1 and _size(short) <= 100_000


def test_details_go_before_facts_and_facts_only_from_the_end() -> None:
    details = cut(ToolResult(facts=_facts(5, 50_000)), facts=80, size=100_000)
    assert [fact.id for fact in details.facts] == [f"f_{n}" for n in range(5)]
    assert _size(details) <= 100_000
    long = [Fact(id=f"f_{n}", kind="metric", claim=Claim(zh="长" * 3000, en="long")) for n in range(20)]
    kept = cut(ToolResult(facts=long), facts=80, size=100_000)
    assert [fact.id for fact in kept.facts] == [f"f_{n}" for n in range(len(kept.facts))]
    assert 0 < len(kept.facts) < 20 and _size(kept) <= 100_000


def test_a_call_made_before_is_not_made_again_also_when_it_comes_out_of_the_log() -> None:
    asked = [ToolCall("a", "query", {"by": ("x",), "window": "30d"}), ToolCall("b", "query", {"by": ("x",)})]
    logged = Outcome(ToolCall("r0c0", "query", {"window": "30d", "by": ["x"]}))
    new, over = fresh(asked, [logged], Guards())
    assert ([call.id for call in new], over) == (["b"], False)


def test_the_bound_on_calls_is_of_the_whole_turn_and_is_told() -> None:
    done = [Outcome(call) for call in _calls(*(f"t{n}" for n in range(22)))]
    new, over = fresh(_calls("x", "x", "y", "z"), done, Guards(calls=24))
    assert ([call.name for call in new], over) == (["x", "y"], True)
    assert fresh(_calls("t1"), done, Guards(calls=22)) == ([], False)
