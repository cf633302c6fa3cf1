"""Acts of the isolation world on approvals, adopted plans and own documents. Each raises `Leak`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from advisor.scope import Scope
from evals.isolation import TODAY, TOKEN, Leak, Thing, World
from tools.errors import ToolTimeout

__all__ = ["adopt", "approve", "ask_for", "papers"]


def approve(world: World, scope: Scope, thing: Thing | None, act: str, token: str) -> None:
    """Look at, edit, answer, ignore or accept a request of anybody."""
    desk = world.service.approvals
    steps: dict[str, Callable[[str], Awaitable[Any]]] = {
        "show": lambda ident: desk.show(scope, ident),
        "edit": lambda ident: desk.edit(scope, ident, {"text": f"改 {token}"}),
        "answer": lambda ident: desk.answer(scope, ident, f"答 {token}"),
        "ignore": lambda ident: desk.ignore(scope, ident),
        "accept": lambda ident: desk.accept(scope, ident),
    }
    if act in ("edit", "answer") and thing is not None:
        world.where[token] = thing
    world.attempt(scope, "approval", thing, lambda ident: world.run(steps[act](ident)), act)
    for file in (world.folder / "outbox").glob("*/*.json"):
        owner = Scope(file.parent.name, "ann")
        for found in TOKEN.findall(file.read_text(encoding="utf-8")):
            if world.where[found].owner.merchant_id != owner.merchant_id:
                raise Leak(f"{act}: {found} lies in the outbox of {owner.merchant_id}")


def ask_for(world: World, scope: Scope, tool: str, token: str) -> None:
    """File a request; what a side may not ask for is refused."""
    desk = world.service.approvals
    arguments = {"text": f"词 {token}"} if tool == "file_feedback" else {"title": "t", "text": f"词 {token}"}
    world.merchant_or_staff(scope, tool, lambda: world.run(desk.request(scope, tool, arguments)).approval_id, token)


def adopt(world: World, scope: Scope, token: str, shared: bool) -> None:
    plan = world.store.plans.adopt(
        scope, playbook_id="missing-tables", start=TODAY, end=TODAY, plan={"t": token}, forecast={}, shared=shared
    )
    world.keep("plan", plan.plan_id, token, scope)
    if shared or scope.role == "staff":
        world.shared.add(token)


def papers(world: World, scope: Scope) -> None:
    """Own documents listed and searched: staff see the shared one."""
    world.check(scope, world.documents.documents(scope), "documents")
    try:
        found = world.run(world.service.call(scope, "search_cases", {"query": "赠品断货 老客投诉"}))
    except ToolTimeout:
        return  # a slow machine: nothing was shown
    world.check(scope, found, "search")
