"""A world of shops whose every kept word carries a token, and a reader that knows who may see which token.

The service, the store and the files are the real ones; only the embedder and the brain are stand-ins, for speed. Each act is done as
one scope on an object of any scope; what comes back is searched for tokens, and a foreign object must look like one that never was.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from advisor.app import build_desk, build_service, load_settings
from advisor.brains.base import Draft, ToolCall, TurnView
from advisor.errors import AdvisorError
from advisor.events import Failed
from advisor.scope import Scope
from tools.errors import NotPermitted, ToolError
from tools.facts import ToolResult
from tools.warehouse.writer import MerchantProfile, write_merchant

__all__ = [
    "MERCHANTS",
    "SCOPES",
    "TODAY",
    "TOKEN",
    "Leak",
    "Thing",
    "World",
    "make_template",
    "stand_in",
]

MERCHANTS = ("m-a", "m-b", "m-c")
SCOPES = tuple(
    Scope(merchant, actor, role)  # type: ignore[arg-type]
    for merchant in MERCHANTS
    for actor, role in (("ann", "merchant"), ("ben", "merchant"), ("kim", "staff"))
)
TODAY = date(2026, 11, 24)
TOKEN = re.compile(r"tk\d{5}z|tkdata[abc]z|tkdoc[abc](?:open|own)z")
_UNKNOWN = {
    "thread": "t_0000000000000000",
    "approval": "a_0000000000000000",
    "plan": "p_000000000000",
    "memory": "n_000000000000",
}


class Leak(AssertionError):
    """Somebody saw what is not theirs, or could tell a foreign object from one that never was."""


@dataclass(frozen=True)
class Thing:
    """An object the store keeps: its kind and id, and the token it carries."""

    kind: str
    ident: str
    token: str
    owner: Scope


class _Embedder:
    """Vectors without meaning: what is found is decided by words, and no model is loaded."""

    name = "isolation"
    dim = 384

    def embed_queries(self, texts: list[str]) -> npt.NDArray[np.float32]:
        rows = np.array(
            [[1 + sum(text.encode()) % (7 + i) for i in range(self.dim)] for text in texts], dtype=np.float32
        )
        unit: npt.NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    def embed_passages(self, texts: list[str]) -> npt.NDArray[np.float32]:
        return self.embed_queries(texts)


class _Clerk:
    """Asks for what a scope could see of goods and own documents, and says the facts as they are."""

    name = "planner"
    model: str | None = None

    def __init__(self, calls: Sequence[ToolCall]) -> None:
        self._calls = calls

    async def decide(self, turn: TurnView) -> list[ToolCall]:
        return list(self._calls) if not turn.outcomes else []

    async def statements(self, turn: TurnView) -> AsyncIterator[Draft]:
        for mark, fact in turn.facts():
            yield Draft("headline", f"{fact.claim.get(turn.frame.lang)}[{mark}]")

    async def repair(self, turn: TurnView, draft: Draft, problems: Sequence[str]) -> Draft | None:
        return None

    def usage(self) -> dict[str, float]:
        return {}

    def prompts(self) -> dict[str, str]:
        return {}


_CALLS = (
    ToolCall("1", "query_metric", {"metric": "gmv", "by": "product"}),
    ToolCall("2", "query_metric", {"metric": "gmv", "merchant_id": "m-b"}),
)


_ORDERS = """
INSERT INTO orders (merchant_id, order_id, buyer_key, status, paid_at, paid_date, gross_amount, is_service)
SELECT ?, 'o' || i, 'c' || (i % 30), 'paid', TIMESTAMPTZ '2026-10-10 12:00:00+08' + INTERVAL 1 DAY * (i % 40),
       DATE '2026-10-10' + (i % 40)::INT, 50 + i % 7, false FROM range(120) t(i)
"""
_LINES = """
INSERT INTO order_lines (merchant_id, line_id, order_id, paid_date, product_id, title, quantity, amount, is_service)
SELECT ?, 'l' || i, 'o' || i, DATE '2026-10-10' + (i % 40)::INT, 'p' || (i % 2), ? || ' 面霜' || (i % 2), 1, 50 + i % 7, false
FROM range(120) t(i)
"""


def make_template(folder: Path, *, documents: bool = False) -> None:
    """Three shops of 40 days whose goods carry a token each, and two own documents, one of them open to the staff.

    Written once; each world works on a copy. Documents take a process each to be read, so that they can be left out.
    """
    for merchant in MERCHANTS:
        token = f"tkdata{merchant[-1]}z"
        with write_merchant(folder / "warehouse", MerchantProfile(merchant, f"店{merchant[-1]}")) as connection:
            connection.execute(_ORDERS, [merchant])
            connection.execute(_LINES, [merchant, token])
    if documents:
        with stand_in():
            desk = build_desk(load_settings(workspace=folder)).documents
        for merchant in MERCHANTS:
            for kind in ("own", "open"):
                token = f"tkdoc{merchant[-1]}{kind}z"
                path = folder / f"{token}.md"
                path.write_text(f"# 复盘 {token}\n赠品断货，老客投诉 {token}。", encoding="utf-8")
                desk.add(Scope(merchant, "ann"), path)
                path.unlink()
                if kind == "open":
                    desk.share(Scope(merchant, "ann"), path.name, shared=True)


@contextmanager
def stand_in() -> Iterator[None]:
    import advisor.app as app

    known, app.build_embedder = app.build_embedder, lambda settings: _Embedder()
    try:
        yield
    finally:
        app.build_embedder = known


@dataclass
class World:
    """One workspace with its model: which token belongs to whom. Acts raise `Leak`."""

    folder: Path
    things: list[Thing] = field(default_factory=list)
    shared: set[str] = field(default_factory=set)  # tokens open to the staff of their shop
    staff_made: set[str] = field(default_factory=set)
    where: dict[str, Thing] = field(default_factory=dict)
    steps: int = 0
    _next: int = 0

    @classmethod
    def copy_of(cls, template: Path, folder: Path) -> World:
        shutil.copytree(template, folder, dirs_exist_ok=True)
        return cls(folder)

    def __post_init__(self) -> None:
        settings = load_settings(workspace=self.folder)
        with stand_in():
            self.service = build_service(settings, today=lambda zone: TODAY, planner=lambda: _Clerk(_CALLS))
            self.documents = build_desk(settings).documents
        self.store = self.service.store
        self._loop = asyncio.new_event_loop()

    def close(self) -> None:
        self.run(self.service.aclose())
        self._loop.close()

    def run(self, work: Awaitable[Any]) -> Any:
        async def wait() -> Any:
            return await work

        return self._loop.run_until_complete(wait())

    # -- who may see what ---------------------------------------------------------------------------------------------
    def token(self) -> str:
        self._next += 1
        return f"tk{self._next:05d}z"

    def sees(self, scope: Scope, token: str) -> bool:
        if token.startswith("tkdata"):
            return scope.merchant_id[-1] == token[6]
        if token.startswith("tkdoc"):
            return scope.merchant_id[-1] == token[5] and (scope.role == "merchant" or "open" in token)
        thing = self.where[token]
        if scope.merchant_id != thing.owner.merchant_id:
            return False
        if thing.kind == "thread":
            return scope == thing.owner
        if thing.kind == "approval":
            return scope.role in (thing.owner.role, "merchant" if token in self.staff_made else thing.owner.role)
        return scope.role == "merchant" or token in self.shared

    def check(self, scope: Scope, seen: object, doing: str) -> None:
        """Every token in what came back must be this scope's to see."""
        text = seen if isinstance(seen, str) else json.dumps(seen, ensure_ascii=False, default=_plain)
        for token in set(TOKEN.findall(text)):
            if not self.sees(scope, token):
                raise Leak(f"{doing}: {scope} saw {token} of {self.where.get(token)}")

    def pick(self, kind: str, number: int) -> Thing | None:
        """One of all objects of a kind, whoever owns it; None stands for an id that never was."""
        known = [thing for thing in self.things if thing.kind == kind]
        return known[number % (len(known) + 1)] if number % (len(known) + 1) < len(known) else None

    def keep(self, kind: str, ident: str, token: str, owner: Scope) -> None:
        thing = Thing(kind, ident, token, owner)
        self.things.append(thing)
        self.where[token] = thing

    def drop(self, thing: Thing) -> None:
        self.things.remove(thing)

    def attempt(self, scope: Scope, kind: str, thing: Thing | None, act: Callable[[str], Any], doing: str) -> Any:
        """Do it to the object; on a foreign one it must fail as on one that never was, word for word. None when it failed."""
        ident = thing.ident if thing is not None else _UNKNOWN[kind]
        mine = thing is not None and self.sees(scope, thing.token)
        try:
            result = act(ident)
        except (ToolError, AdvisorError) as error:
            told = str(error).replace(ident, "X") + type(error).__name__
            self.check(scope, str(error.message), f"{doing} (error)")
            if not mine and thing is not None:
                try:
                    act(_UNKNOWN[kind])
                except (ToolError, AdvisorError) as other:
                    if told != str(other).replace(_UNKNOWN[kind], "X") + type(other).__name__:
                        raise Leak(f"{doing}: a foreign {kind} is told apart: {error} / {other}") from error
            return None
        if not mine:
            raise Leak(f"{doing}: {scope} reached {thing or 'an object that never was'}")
        self.check(scope, result, doing)
        return result

    # -- acts ---------------------------------------------------------------------------------------------------------
    def turn(self, scope: Scope, thread: Thing | None, text: str, token: str) -> None:
        """A turn as the store keeps it, without a brain; on a foreign thread nothing is written."""
        opened = self.store.open_thread(scope, None) if thread is None else thread.ident
        said = f"{text} {token}"

        def write(ident: str) -> bool:
            self.store.finish_turn(scope, ident, question=said, text=said, frame={}, result={"t": token}, marks={})
            return True

        if thread is None:
            write(opened)
            self.keep("thread", opened, token, scope)
        elif self.attempt(scope, "thread", thread, lambda ident: self.store.messages(scope, ident), "open") is not None:
            write(opened)
            self.where[token] = thread
        else:
            try:
                write(opened)
            except AdvisorError:
                return
            raise Leak(f"write: {scope} wrote into {thread}")

    def ask(self, scope: Scope, thread: Thing | None, token: str) -> None:
        """A whole turn: real frame, real tools, a merchant id smuggled into one call, which must be refused and logged."""
        ident = thread.ident if thread is not None else None
        before = len(self.store.audit_rows(scope))
        final = self.run(self.service.answer(scope, f"卖得最多的商品 {token}", thread_id=ident, lang="zh"))
        if isinstance(final, Failed):
            if thread is None or self.sees(scope, thread.token):
                raise Leak(f"ask: {scope} was refused the own thread: {final}")
            return
        if thread is not None and not self.sees(scope, thread.token):
            raise Leak(f"ask: {scope} went on with {thread}")
        if thread is None:
            self.keep("thread", final.thread_id, token, scope)
        else:
            self.where[token] = thread
        self.check(scope, final.model_dump(mode="json"), "ask")
        if f"tkdata{scope.merchant_id[-1]}z" not in final.model_dump_json():
            raise Leak("ask: the own goods are missing, so that nothing could leak either")
        rows = self.store.audit_rows(scope)[before:]
        if [row["ok"] for row in rows if "merchant_id" in row["arguments"]] != [False]:
            raise Leak("ask: a smuggled merchant id was not refused and logged")

    def remember(self, scope: Scope, token: str, value: int) -> None:
        def both() -> str:
            self.store.state(scope, f"margin_{token}", Decimal(value) / 100, "ratio")
            return self.store.memory.remember(scope, "note", f"备注 {token}").memory_id

        self._merchant_only(scope, both, lambda ident: self.keep("memory", ident, token, scope), "remember")

    def _merchant_only(self, scope: Scope, act: Callable[[], str], done: Callable[[str], None], doing: str) -> None:
        try:
            ident = act()
        except NotPermitted:
            if scope.role == "merchant":
                raise
            return
        if scope.role != "merchant":
            raise Leak(f"{doing}: staff spoke for the merchant")
        done(ident)

    def merchant_or_staff(self, scope: Scope, tool: str, act: Callable[[], str], token: str) -> None:
        allowed = scope.role == "staff" or tool == "file_feedback"
        try:
            ident = act()
        except NotPermitted:
            if allowed:
                raise
            return
        if not allowed:
            raise Leak(f"{tool}: {scope} may not ask for it")
        self.keep("approval", ident, token, scope)

    def look(self, scope: Scope) -> None:
        """Everything that lists: threads, figures, words, plans, requests, audit, documents."""
        store = self.store
        lists: dict[str, Callable[[], Any]] = {
            "threads": lambda: store.threads(scope),
            "figures": lambda: store.memory.figures(scope),
            "words": lambda: store.memory.words(scope),
            "plans": lambda: store.plans.all(scope),
            "approvals": lambda: self.run(self.service.approvals.list(scope, "all")),
        }
        for name, listing in lists.items():
            found = listing()
            self.check(scope, found, name)
            shown = json.dumps(found, ensure_ascii=False, default=_plain)
            kinds = {"threads": "thread", "words": "memory", "plans": "plan", "approvals": "approval"}
            for thing in self.things:
                if thing.kind == kinds.get(name) and self.sees(scope, thing.token) and thing.ident not in shown:
                    raise Leak(f"{name}: {scope} no longer sees the own {thing}")


def _plain(value: object) -> Any:
    if isinstance(value, ToolResult):
        return value.model_dump(mode="json")
    return vars(value) if hasattr(value, "__dict__") else str(value)
