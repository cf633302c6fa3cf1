"""The grounding benchmark judges as a reader of its set would, and its mutants are untrue."""

from __future__ import annotations

import random

from advisor.grounding import check
from evals.benchmarks.grounding import score, summary
from evals.labelled import facts_of
from evals.mutants import mutants
from tests.advisor.grounding_facts import FACTS, TODAY
from tools.facts import Role
from tools.text import Lang

ENTRY = {
    "id": "t1",
    "lang": "zh",
    "facts": [
        {
            "claim": "2026-10 GMV 1,284,350 元，较 9 月 +6.1%",
            "values": [
                {"value": 1284350, "unit": "CNY", "window": "2026-10", "subject": "全店"},
                {"value": 0.061, "unit": "ratio", "window": "2026-10 vs 2026-09", "subject": "GMV环比"},
            ],
        }
    ],
    "split": "dev",
}
TRUE: list[tuple[Lang, str]] = [
    ("zh", "10 月支付金额 128.44 万元，比 9 月的 121.05 万元增加 6.1%[m1]。"),
    ("en", "Conversion rate fell 11.1% to 3.2% in October[m5]."),
    ("en", "GMV rose from ¥1,210,500 in September to ¥1,284,350 in October[m1]."),
]


def test_a_labelled_fact_is_what_a_tool_would_return() -> None:
    found = facts_of(ENTRY)["m1"].quantities
    assert [(one.metric, one.role, str(one.window)[:7]) for one in found] == [
        ("gmv", Role.VALUE, "2026-10"),
        ("gmv", Role.CHANGE_RATE, "2026-10"),
        ("gmv", Role.PREVIOUS, "2026-09"),
    ]
    assert found[0].subject == ()


def test_right_arithmetic_counts_neither_as_a_catch_nor_as_a_false_alarm() -> None:
    rows = [
        ENTRY | {"sentence": "10月GMV为1,284,350元。", "label": "supported", "kind": "exact"},
        ENTRY | {"sentence": "10月GMV比9月多73,841元。", "label": "supported", "kind": "arithmetic_ok"},
        ENTRY | {"sentence": "10月GMV比9月下降6.1%。", "label": "unsupported", "kind": "wrong_direction"},
    ]
    found = summary(score(rows))
    assert (found["false_alarms"]["count"], found["false_alarms"]["of"]) == (0, 1)
    assert (found["recall_unsupported"]["count"], found["recall_unsupported"]["of"]) == (1, 1)
    assert found["arithmetic_ok_withheld"]["of"] == 1


def test_mutants_of_true_statements_are_withheld() -> None:
    rng, seen = random.Random(5), set()
    for lang, text in TRUE:
        assert check(text, cited=FACTS, lang=lang, section="headline", today=TODAY).ok, text
        for kind, mutant in mutants(text, rng):
            seen.add(kind)
            assert not check(mutant, cited=FACTS, lang=lang, section="headline", today=TODAY).ok, mutant
    assert seen == {"value", "unit", "direction", "metric", "window", "mark", "currency"}
