"""Tables of the store (SQLAlchemy Core): threads, turns, evidence, stated facts, memories, plans, approvals, insights, usage, audit.

Every table but `schema_info` names its merchant or its thread, so that what belongs to one can be found and deleted.
"""

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
    "effects",
    "evidence",
    "exchanges",
    "insights",
    "memories",
    "messages",
    "metadata",
    "schema_info",
    "stated",
    "threads",
    "traces",
    "turn_calls",
    "turns",
    "usage",
]

# 2: `adopted`. 3: turns and what they called and sent, usage, memories, insights, effects; approvals say who decided what.
# A table that is new is made on opening; a changed one needs a step in `Store`.
SCHEMA_VERSION = 3

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
    Column("actor", String(120), nullable=False),  # who asked for it
    Column("role", String(16), nullable=False, server_default="merchant"),
    Column("thread_id", String(40), nullable=True),
    Column("tool", String(64), nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("status", String(16), nullable=False),  # open | accepted | answered | ignored
    Column("created_at", DateTime, nullable=False),
    Column("decided_by", String(120), nullable=True),
    Column("decided_at", DateTime, nullable=True),
    Column("reply", Text, nullable=True),  # words of the person who answered instead of accepting
)

effects = Table(
    "effects",
    metadata,
    Column("effect_key", String(80), primary_key=True),  # one effect, however often it is asked for
    Column("merchant_id", String(64), nullable=False, index=True),
    Column("approval_id", String(40), nullable=False),
    Column("status", String(16), nullable=False),  # begun | done | failed
    Column("result", JSON, nullable=True),
    Column("at", DateTime, nullable=False),
)

turns = Table(
    "turns",
    metadata,
    Column("turn_id", String(40), primary_key=True),
    Column("merchant_id", String(64), nullable=False, index=True),
    Column("thread_id", String(40), nullable=False, index=True),
    Column("actor", String(120), nullable=False),
    Column("role", String(16), nullable=False),
    Column("question", Text, nullable=False),
    Column("lang", String(8), nullable=False),
    Column("brain", String(16), nullable=False),
    Column("status", String(16), nullable=False),  # running | done | failed | cancelled
    Column("code", String(40), nullable=False, server_default=""),
    Column("started_at", DateTime, nullable=False),
    Column("seen_at", DateTime, nullable=False),  # last sign of life: a running turn not seen for long was cut off
    Column("ended_at", DateTime, nullable=True),
)

turn_calls = Table(
    "turn_calls",
    metadata,
    Column("turn_id", String(40), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("merchant_id", String(64), nullable=False, index=True),
    Column("name", String(64), nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("outcome", JSON, nullable=False),  # ToolResult, or error, code and choices
    Column("ms", Integer, nullable=False),
)

exchanges = Table(
    "exchanges",  # what was sent to a model host and what came back
    metadata,
    Column("exchange_id", Integer, primary_key=True, autoincrement=True),
    Column("merchant_id", String(64), nullable=False, index=True),
    Column("thread_id", String(40), nullable=False, index=True),
    Column("turn_id", String(40), nullable=False),
    Column("at", DateTime, nullable=False),
    Column("purpose", String(16), nullable=False),  # decide | compose | repair
    Column("host", String(200), nullable=False),
    Column("model", String(120), nullable=False),
    Column("messages", JSON, nullable=False),
    Column("tools", JSON, nullable=False),
    Column("reply", Text, nullable=False),
    Column("prompt_tokens", Integer, nullable=False),
    Column("completion_tokens", Integer, nullable=False),
    Column("ms", Integer, nullable=False),
    Column("code", String(40), nullable=False),
)

traces = Table(
    "traces",  # how an answer came about: what the calls gave, as marks, and what was withheld or put right
    metadata,
    Column("turn_id", String(40), primary_key=True),
    Column("merchant_id", String(64), nullable=False, index=True),
    Column("thread_id", String(40), nullable=False, index=True),
    Column("trace", JSON, nullable=False),
)

usage = Table(
    "usage",
    metadata,
    Column("merchant_id", String(64), primary_key=True),
    Column("day", Date, primary_key=True),  # in the merchant's zone
    Column("model", String(120), primary_key=True),
    Column("calls", Integer, nullable=False),
    Column("prompt_tokens", Integer, nullable=False),
    Column("completion_tokens", Integer, nullable=False),
    Column("cost", Numeric(18, 6), nullable=True),  # in the currency of the price list; None when no price is set
)

memories = Table(
    "memories",
    metadata,
    Column("memory_id", String(40), primary_key=True),
    Column("merchant_id", String(64), nullable=False, index=True),
    Column("kind", String(16), nullable=False),  # stage | constraint | tone | decision | note
    Column("text", Text, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("thread_id", String(40), nullable=True),
    Column("said_at", DateTime, nullable=False),
    Column("shared", Boolean, nullable=False, default=False),
)

insights = Table(
    "insights",
    metadata,
    Column("insight_id", String(40), primary_key=True),  # hash of merchant and what it is about, without the figures
    Column("merchant_id", String(64), nullable=False, index=True),
    Column("kind", String(16), nullable=False),  # problem | opportunity
    Column("yuan", Numeric(18, 2), nullable=True),  # at stake when last seen
    Column("facts", JSON, nullable=False),
    Column("question", JSON, nullable=False),  # {zh, en}: the one question to ask
    Column("status", String(16), nullable=False),  # open | dismissed | gone
    Column("dismissed_yuan", Numeric(18, 2), nullable=True),
    Column("actor", String(120), nullable=True),  # who dismissed it
    Column("found_at", DateTime, nullable=False),
    Column("changed_at", DateTime, nullable=False),
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
