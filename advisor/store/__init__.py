"""Threads, evidence, stated facts, approvals and audit: the only module that speaks to the database."""

from advisor.store.ledger import AdoptedPlan, PlanLedger
from advisor.store.memory import MemoryBook, Remembered, StatedFigure
from advisor.store.store import Store, StoredMessage
from advisor.store.threads import ThreadInfo
from advisor.store.turns import LoggedCall, OpenTurn, TurnLog

__all__ = [
    "AdoptedPlan",
    "LoggedCall",
    "MemoryBook",
    "OpenTurn",
    "PlanLedger",
    "Remembered",
    "StatedFigure",
    "Store",
    "StoredMessage",
    "ThreadInfo",
    "TurnLog",
]
