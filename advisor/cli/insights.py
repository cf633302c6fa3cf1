"""`advisor insights`: what the advisor brings up by itself, and what was waved away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.cli.console import clean, guarded, help_text, language, print_json, say
from advisor.cli.session import AsJson, Language, Merchant, Workspace, with_service

if TYPE_CHECKING:
    from advisor.scope import Scope
    from advisor.service.service import AdvisorService
    from advisor.store.insights import Insight
    from tools.text import Lang
    from tools.warehouse.writer import MerchantProfile

__all__ = ["insights"]


def insights(
    dismiss: Annotated[
        str | None,
        typer.Option("--dismiss", help=help_text("不再提这一条，除非变严重", "leave this one out until it worsens")),
    ] = None,
    restore: Annotated[
        str | None, typer.Option("--restore", help=help_text("重新提这一条", "bring this one up again"))
    ] = None,
    dismissed: Annotated[
        bool, typer.Option("--dismissed", help=help_text("列出不再提的", "list those waved away"))
    ] = False,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """At most five problems and opportunities, with the money at stake and the one question to ask."""
    spoken = language(lang)

    async def work(service: AdvisorService, scope: Scope, profile: MerchantProfile) -> tuple[Sequence[Insight], bool]:
        from advisor.service import insights as desk

        if dismiss is not None:
            await desk.dismiss(service, scope, dismiss)
        if restore is not None:
            await desk.restore(service, scope, restore)
        if dismissed:
            return service.store.insights.all(scope, "dismissed"), profile.simulated
        changed = dismiss is not None or restore is not None
        found = await (desk.open_insights(service, scope) if changed else desk.refresh(service, scope, spoken))
        return found, profile.simulated

    with guarded(spoken, as_json=as_json):
        found, simulated = with_service(workspace, merchant, work)
    if as_json:
        print_json({"simulated": simulated, "insights": [_row(each, spoken) for each in found]})
        return
    say_insights(found, spoken, simulated=simulated)


def _row(each: Insight, lang: Lang) -> dict[str, Any]:
    return {
        "id": each.insight_id,
        "kind": each.kind,
        "status": each.status,
        "yuan": float(each.yuan),
        "worse": each.worse,
        "claim": each.fact["claim"][lang],
        "question": each.question.get(lang),
        "source": each.fact.get("source", ""),
        "window": each.fact.get("window"),
    }


def say_insights(found: Sequence[Insight], lang: Lang, *, simulated: bool) -> None:
    """One paragraph each: what it is, and what to ask."""
    zh = lang == "zh"
    if simulated:
        say("模拟数据：以下数字来自演示店铺。" if zh else "Simulated data: these figures are of a demo shop.")
    if not found:
        say("现在没有要提醒你的事。" if zh else "There is nothing to bring up now.")
    for each in found:
        back = ("（比你上次忽略时更严重）" if zh else " (worse than when you waved it away)") if each.worse else ""
        say(f"\n· {clean(each.fact['claim'][lang])}{back}")
        say(f"  {'可以问' if zh else 'ask'}: {clean(each.question.get(lang))}")
        say(f"  {'不再提' if zh else 'leave out'}: advisor insights --dismiss {each.insight_id}")
