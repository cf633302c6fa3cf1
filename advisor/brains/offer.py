"""Which tools a model is shown: few enough to choose well from, those of the question's intent first.

Past about twenty tools a model chooses worse; the registry may hold more. The planner is not limited: its plans name their tools.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from advisor.brains.budget import count_tokens
from advisor.brains.frame.lexicon import data_yaml
from tools.base import ToolSpec

__all__ = ["MOST", "offered", "within"]

MOST = 16
# What any question may turn to, most useful first.
_COMMON = (
    "query_metric",
    "explain_change",
    "shop_snapshot",
    "search_cases",
    "match_playbooks",
    "plan_playbook",
    "data_status",
    "shop_health",
    "target_landing",
    "customer_segments",
    "customer_cohorts",
)


def offered(intent: str, tools: Sequence[ToolSpec], most: int = MOST) -> tuple[ToolSpec, ...]:
    """At most `most` of the tools: those the intent's plan names, the common ones, then the others in their order."""
    stages = data_yaml("plans.yaml").get(intent) or {}
    planned = [step["tool"] for steps in stages.values() if isinstance(steps, list) for step in steps if "tool" in step]
    wanted = dict.fromkeys([*planned, *_COMMON])
    rank = {name: position for position, name in enumerate(wanted)}
    ordered = sorted(tools, key=lambda spec: rank.get(spec.name, len(rank)))
    return tuple(ordered[:most])


def within(
    tools: Sequence[ToolSpec], limit: int, function: Callable[[ToolSpec], Mapping[str, object]]
) -> tuple[ToolSpec, ...]:
    """The first tools whose descriptions, as they are sent, fit in `limit` tokens: a small model cannot read sixteen of them."""
    kept: list[ToolSpec] = []
    for spec in tools:
        limit -= count_tokens(json.dumps(function(spec), ensure_ascii=False))
        if limit < 0:
            break
        kept.append(spec)
    return tuple(kept)
