"""Threads, evidence, stated facts, approvals and audit: the only module that speaks to the database."""

from advisor.store.ledger import AdoptedPlan, PlanLedger
from advisor.store.store import Store, StoredMessage, ThreadInfo

__all__ = ["AdoptedPlan", "PlanLedger", "Store", "StoredMessage", "ThreadInfo"]
