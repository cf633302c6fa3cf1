"""A measured plan written as a document the merchant may keep as a private case: what was done, what was forecast, what came."""

from __future__ import annotations

from datetime import date

from tools.errors import BadArguments
from tools.facts import Fact, WhyClass
from tools.playbooks.documents import Column, Document, Sheet, to_markdown
from tools.playbooks.exports import ShopLabel, document_title
from tools.playbooks.ledger_verdict import STATUS, Status
from tools.text import Lang, Text

__all__ = ["case_markdown"]

_PROOF = {
    True: Text(
        "有随机留出的对照，可以说是计划带来的", "against a random hold-out, so the plan may be called the cause"
    ),
    False: Text("与开始前的预测相比，不能证明因果", "against a forecast made before the start; it cannot prove cause"),
}


def case_markdown(plan: Fact, forecast: Fact, review: Fact, shop: ShopLabel, lang: Lang) -> bytes:
    """Raises BadArguments unless the plan was measured, that is kept or missed."""
    status: Status = review.data["status"]
    if status not in ("kept", "missed"):
        words, reason = STATUS[status], review.data["reason"]
        raise BadArguments(
            Text(
                f"这个计划{words.zh}（{reason['zh']}），还不能写成案例：只有达成或未达成的计划才算数。",
                f"This plan is {words.en} ({reason['en']}) and is no case yet: only a plan that was kept or missed counts.",
            )
        )
    data, zh = plan.data, lang == "zh"
    rows = (
        (Text("做了什么", "What was done"), data["decision"][lang]),
        (Text("起止", "From, to"), f"{data['start']} → {data['end']}"),
        (Text("当时为什么", "Why then"), data["because"][lang] or plan.claim.get(lang)),
        (Text("承诺", "Promise"), data["target_yuan"][lang]),
        (Text("开始前的预测", "Forecast before the start"), forecast.claim.get(lang)),
        (Text("结果", "Result"), review.claim.get(lang)),
        (Text("能说到什么程度", "How far it goes"), _PROOF[review.why_class is WhyClass.EXPERIMENT].get(lang)),
        (Text("限制", "Limits"), "；".join(each[lang] for each in data["risks"])),
    )
    heads = tuple(
        Column(title, 20)
        for title in (("周期", "动作", "谁", "停手线") if zh else ("Days", "Action", "Owner", "Stop rule"))
    )
    steps = tuple(
        (f"{step['start']} – {step['due']}", step["action"][lang], step["owner"][lang], step["stop_rule"][lang])
        for step in data["steps"]
    )
    title = document_title(shop, f"{data['name'][lang]}{'：' if zh else ': '}{STATUS[status].get(lang)}", lang)
    overview = Sheet("经过与结果" if zh else "Course and result", (Column("", 18), Column("", 80)), tuple((label.get(lang), text) for label, text in rows))  # fmt: skip
    document = Document(
        title=title,
        sheets=(overview, Sheet("步骤" if zh else "Steps", heads, steps)),
        events=(),
        timezone=shop.timezone,
        made=date.fromisoformat(data["end"]),
        lang=lang,
    )
    return to_markdown(document)
