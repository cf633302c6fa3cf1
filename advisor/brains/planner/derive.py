"""Values of the second round found in the first: the leading driver's topic, the goal, the case query, the playbook to plan."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from advisor.brains.base import TurnView
from advisor.brains.compose.pieces import Piece, Pieces, gather
from advisor.brains.frame.lexicon import data_yaml
from advisor.brains.planner.plans import topic_of
from tools.errors import ToolError
from tools.facts import Role, Window
from tools.metrics.windows import Anchor, parse_window
from tools.text import Text

__all__ = ["Derived"]


# What a question about them wants is "more sales": no goal that would narrow the choice.
_TOTALS = ("", "gmv", "net_gmv", "orders", "buyers")


_ALL_ROWS = 50  # as many as the tool gives
_RECENT_DAYS = 14
_LONGEST_TEXT = 2000  # characters of the texts to paste that are checked at once
_ACTS = ("what_to_do", "how_to", "decision", "growth_plan", "health")


class Derived:
    """Answers `$name` and `when:` of a plan for one turn."""

    def __init__(self, turn: TurnView) -> None:
        self._turn = turn
        self._slots: Mapping[str, Any] = turn.frame.slots
        self.pieces: Pieces = gather(turn)

    def resolve(self, name: str) -> Any:
        """The value of a slot or a derived name; None when unknown."""
        found = getattr(self, f"_{name}", None)
        if callable(found):
            return found()
        value = self._slots.get(name)
        if name == "also" and isinstance(value, list):
            return value[0] if value else None
        return value

    def holds(self, name: str) -> bool:
        checks = {
            "moved": self.pieces.change is not None,
            "failed_explain": "explain_change" in self._failed(),
            "asked_two": bool(self._slots.get("also")),
            "asked_against": bool(self._slots.get("against")) and self._slots.get("compare") == "none",
            "named_metric": bool(self._slots.get("metric")),
            "repurchase_leads": self._lead_topic() == "repurchase",
            "not_repurchase_metric": not str(self._slots.get("metric", "")).startswith("repurchase"),
            "said_window": bool(self._slots.get("window")),
            "past_window": self._is_past(),
            "recent_window": not self._is_past(),
            "no_named_playbook": self._named_playbook() is None,
            "asked_peers": bool(self._slots.get("peers")),
            "asked_lapsed": bool(self._slots.get("lapsed")),
            "asked_repurchase": str(self._slots.get("metric", "")).startswith("repurchase"),
            "asked_tools": bool(self._slots.get("tools")),
            "asked_methods": not self._slots.get("tools"),
            "undecided": not self.pieces.playbooks,
            "advisable": bool(self.pieces.playbooks) and not self.pieces.tiny,
        }
        return checks[name]

    def _failed(self) -> set[str]:
        return {outcome.call.name for outcome in self._turn.outcomes if outcome.error is not None}

    def _lead(self) -> Piece | None:
        """The entity that carries most of the change, else the largest factor that pulls with it."""
        if self.pieces.entities:
            return self.pieces.entities[0]
        sign = self.pieces.whole.sign if self.pieces.whole else 0
        along = [p for p in self.pieces.factors if (p.number(Role.CONTRIBUTION) or Decimal(0)) * (sign or 1) > 0]
        return max(along, key=lambda p: abs(p.number(Role.CONTRIBUTION) or Decimal(0)), default=None)

    def _lead_topic(self) -> str:
        lead = self._lead()
        if lead is None:
            return ""
        table = data_yaml("plans.yaml")["drivers"]
        return str(table.get(lead.driver.split(":")[0], "") or table.get(lead.metric, ""))

    def _topic(self) -> str:
        """What the answer turns on: the leading driver once it is known, else what was asked about."""
        asked = str(self._slots.get("topic", "") or "")
        if asked and self._slots.get("metric") not in (None, "gmv", "net_gmv", "orders"):
            return asked
        return self._lead_topic() or asked

    def _asked_goal(self) -> str | None:
        """The goal the question names; without one the ranking by what moved the shop decides."""
        found = topic_of(str(self._slots.get("topic", "") or "")).get("goal")
        metric = str(self._slots.get("metric", "") or "")
        return str(found) if found else metric if metric not in _TOTALS else None

    def _topic_metric(self) -> str | None:
        return str(self._slots.get("metric") or topic_of(str(self._slots.get("topic", ""))).get("metric") or "gmv")

    def _lever(self) -> str | None:
        found = topic_of(str(self._slots.get("topic", ""))).get("lever")
        return str(found) if found else None

    def _audience(self) -> str | None:
        """The groups a tool is to reach; the toolbox reads them as words."""
        found = self._slots.get("audience")
        return " ".join(str(group) for group in found) if found else None

    def _top(self) -> int | None:
        """Rows come largest first: what asks for the smallest needs all of them."""
        said = self._slots.get("top")
        return _ALL_ROWS if self._slots.get("order") == "worst" else int(said) if said else None

    def _base(self) -> str | None:
        """No comparison where the frame found none to make; else the plan's own."""
        return "none" if self._slots.get("compare") == "none" else None

    def _decides(self) -> str | None:
        """The playbook that answers a yes-or-no about the topic."""
        found = topic_of(str(self._slots.get("topic", "") or "")).get("decides")
        return str(found) if found else None

    def _intent_decides(self) -> str | None:
        """The playbook of the topic an open question is about."""
        found = topic_of(self._turn.frame.intent).get("decides")
        return str(found) if found else None

    def _named_playbook(self) -> str | None:
        """The method the question names: asked how to win lapsed buyers back, that is what is planned, whatever else moved."""
        asked = self._turn.frame.question.lower()
        named: Mapping[str, str] = data_yaml("plans.yaml")["named"]
        return next((name for name, words in named.items() if re.search(words, asked)), None)

    def _to_check(self) -> str | None:
        """The wording asked about; without one, the texts to paste of the answer before ("is that wording allowed?")."""
        said = self._slots.get("wording")
        if said:
            return str(said)
        last = next((m.text for m in reversed(self._turn.history) if m.role == "assistant"), "")
        pasted = [line.strip()[2:] for line in last.splitlines() if line.startswith("   > ")]
        return "\n".join(pasted)[:_LONGEST_TEXT] or None

    def _span(self) -> Window | None:
        """The days of a window that was said; None where none was, or without order data to place it by."""
        said, days = self._slots.get("window"), self._turn.shop.tables.get("orders", ("", ""))
        if not said or not all(days):
            return None
        first, last = (date.fromisoformat(day) for day in days)
        try:
            return parse_window(str(said), Anchor(first=first, last=last, today=self._turn.today))
        except ToolError:
            return None

    def _is_past(self) -> bool:
        """A window that ended well before the newest data: a reading of the last thirty days does not answer it."""
        span, days = self._span(), self._turn.shop.tables.get("orders", ("", ""))
        return span is not None and (date.fromisoformat(days[1]) - span.end).days > _RECENT_DAYS

    def _window(self) -> str | None:
        """The window said. Repurchase needs a longer one than the 30 days of "lately"."""
        said = self._slots.get("window")
        if said and self._turn.frame.intent in _ACTS:
            span, days = self._span(), self._turn.shop.tables["orders"]
            if span is not None and span.start > date.fromisoformat(days[1]):
                return None  # "what should I do today" names the day of acting, which has no data yet
        return str(said) if said else "90d" if str(self._slots.get("metric", "")).startswith("repurchase") else None

    def _evidence_query(self) -> str | None:
        """Words that find the case the leading playbook leans on. One that leans on none gets none; without a playbook, the problem."""
        best = self.pieces.start_here
        if best is None:
            return self._query()
        entries = best.fact.data.get("evidence") or []
        if not entries:
            return None
        return str(entries[0].get("case", "")).replace("-", " ")[:400]

    def _item(self) -> str:
        """The product a price is asked of; an unnamed one can still be worked out, without its past."""
        return str(self._slots.get("subject") or Text("这件商品", "the item").get(self._turn.frame.lang))

    def _shop_category(self) -> str | None:
        return self._turn.shop.category or None

    def _question(self) -> str:
        """The merchant's own words find the merchant's own documents."""
        return self._turn.frame.question[:400]

    def _query(self) -> str:
        """Words a case is searched with: the problem (or the user's own), then the category."""
        frame, shop = self._turn.frame, self._turn.shop
        topic = topic_of(self._topic())
        own = frame.intent in ("cases", "decision", "how_to") or not topic
        parts = [frame.question if own else "", str(topic.get(frame.lang, "")), shop.category]
        if frame.intent == "cases":
            parts = [frame.question]  # the user's own words say it best; the category tips the order by itself
        brand = self._slots.get("brand")
        if brand:
            parts.insert(0, str(brand))
        return " ".join(part for part in parts if part)[:400]
