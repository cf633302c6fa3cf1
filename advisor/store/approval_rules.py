"""Who decides what: the explicit table behind every approval. What is not in it is refused."""

from __future__ import annotations

from advisor.scope import Role, Scope

__all__ = ["RULES", "decider", "sees"]

# tool -> side that asks -> side that decides. A merchant's own matter is decided by the merchant, what the service sends by the service;
# staff may propose a plan, but only the shop can bind itself to one. A side that is missing may not ask at all.
RULES: dict[str, dict[Role, Role]] = {
    "adopt_plan": {"merchant": "merchant", "staff": "merchant"},
    "save_export": {"merchant": "merchant", "staff": "staff"},
    "file_feedback": {"merchant": "merchant", "staff": "staff"},
    "notify_merchant": {"staff": "staff"},
    "send_brief": {"staff": "staff"},
}


def decider(tool: str, asked_by: str) -> Role | None:
    """The side that decides a request of this tool; None when there may be no such request."""
    return next((decides for side, decides in RULES.get(tool, {}).items() if side == asked_by), None)


def sees(scope: Scope, tool: str, asked_by: str) -> bool:
    """Those who asked and those who decide see a request; the other side does not learn that it exists."""
    return scope.role in (asked_by, decider(tool, asked_by))
