"""Tables of the store (SQLAlchemy Core). The store is the sole owner of threads, evidence, stated facts, adopted plans, approvals and audit."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = [
    "SCHEMA_VERSION",
    "adopted",
    "approvals",
    "audit",
    "evidence",
    "messages",
    "metadata",
    "schema_info",
    "stated",
    "threads",
]

# 2: `adopted`. A table that is new is made on opening; a changed one needs a step in `Store`.
SCHEMA_VERSION = 2

metadata = MetaData()

schema_info = Table("schema_info", metadata, Column("version", Integer, primary_key=True))

threads = Table(
    "threads",
    metadata,
    Column("thread_id", String(40), primary_key=True),
    Column("merchant_id", String(64), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("role", String(16), nullable=False),
    Column("title", String(200), nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("updated_at", DateTime, nullable=False),
    Index("threads_owner", "merchant_id", "actor", "updated_at"),
)

messages = Table(
    "messages",
    metadata,
    Column("message_id", Integer, primary_key=True, autoincrement=True),
    Column("thread_id", String(40), nullable=False, index=True),
    Column("role", String(16), nullable=False),  # user | assistant
    Column("text", Text, nullable=False),
    Column("frame", JSON, nullable=False),
    Column("result", JSON, nullable=True),  # AskResult of an assistant message
    Column("created_at", DateTime, nullable=False),
)

evidence = Table(
    "evidence",
    metadata,
    Column("thread_id", String(40), primary_key=True),
    Column("mark", String(12), primary_key=True),
    Column("fact_id", String(40), nullable=False),
    Column("fact", JSON, nullable=False),
    UniqueConstraint("thread_id", "fact_id"),
)

stated = Table(
    "stated",
    metadata,
    Column("merchant_id", String(64), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("value", Numeric(18, 6), nullable=False),
    Column("unit", String(16), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("said_at", DateTime, nullable=False),
    Column("shared", Boolean, nullable=False, default=False),
)

audit = Table(
    "audit",
    metadata,
    Column("audit_id", Integer, primary_key=True, autoincrement=True),
    Column("at", DateTime, nullable=False),
    Column("merchant_id", String(64), nullable=False, index=True),
    Column("actor", String(120), nullable=False),
    Column("role", String(16), nullable=False),
    Column("thread_id", String(40), nullable=True),
    Column("tool", String(64), nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("ok", Boolean, nullable=False),
    Column("code", String(40), nullable=False),
    Column("ms", Integer, nullable=False),
)

approvals = Table(
    "approvals",
    metadata,
    Column("approval_id", String(40), primary_key=True),
    Column("merchant_id", String(64), nullable=False, index=True),
    Column("actor", String(120), nullable=False),
    Column("tool", String(64), nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("status", String(16), nullable=False),  # open | accepted | rejected
    Column("created_at", DateTime, nullable=False),
)

adopted = Table(
    "adopted",
    metadata,
    Column("plan_id", String(40), primary_key=True),
    Column("merchant_id", String(64), nullable=False, index=True),
    Column("playbook_id", String(64), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("role", String(16), nullable=False),
    Column("adopted_at", DateTime, nullable=False),
    Column("start", Date, nullable=False),
    Column("end", Date, nullable=False),
    Column("plan", JSON, nullable=False),
    Column("forecast", JSON, nullable=False),  # made before the start, or the reason there is none
    Column("promotion", String(120), nullable=True),
    Column("executed", String(8), nullable=True),  # yes | no, as the merchant said
    Column("asked", Boolean, nullable=False, default=False),
    Column("shared", Boolean, nullable=False, default=False),
)
