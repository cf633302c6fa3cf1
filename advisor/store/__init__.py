"""Threads, evidence, stated facts, approvals and audit: the only module that speaks to the database."""

from advisor.store.ledger import AdoptedPlan, PlanLedger
from advisor.store.store import Store, StoredMessage, ThreadInfo
from advisor.store.turns import LoggedCall, OpenTurn, TurnLog

__all__ = [
    "AdoptedPlan",
    "LoggedCall",
    "OpenTurn",
    "PlanLedger",
    "Store",
    "StoredMessage",
    "ThreadInfo",
    "TurnLog",
]
