"""What the composition root puts together: the tools a model may see, and settings that name their own mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.app import build_registry, load_settings
from advisor.brains.offer import MOST, offered
from advisor.errors import SettingsInvalid


def test_a_model_is_shown_sixteen_tools_at_most_those_of_the_question_first() -> None:
    tools = tuple(build_registry())
    for intent, first in (("reconcile", "reconcile"), ("effect", "campaign_effect"), ("assets", "brand_assets")):
        shown = [spec.name for spec in offered(intent, tools)]
        assert len(shown) == MOST < len(tools)
        assert shown[0] == first
        assert {"query_metric", "explain_change", "search_cases", "match_playbooks"} <= set(shown)
    assert len(offered("an intent without a plan", tools)) == MOST


def test_no_tool_can_name_a_merchant() -> None:
    registry = build_registry()
    for spec in registry:
        schema = spec.schema()
        assert schema["additionalProperties"] is False, spec.name
        names = set(schema.get("properties", {}))
        assert not names & {"merchant", "merchant_id", "shop", "shop_id", "tenant", "scope"}, spec.name
        assert len(spec.description) > 40, f"{spec.name} tells a model too little"
        assert spec.label.zh, spec.name
        assert spec.label.en, spec.name


def test_a_bad_setting_is_named_and_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.setenv("ADVISOR_PORT", "seventy")
    with pytest.raises(SettingsInvalid, match="ADVISOR_PORT") as error:
        load_settings()
    monkeypatch.delenv("ADVISOR_PORT")
    settings = load_settings(workspace=tmp_path)
    assert settings.has_model
    assert "sk-very-secret" not in f"{error.value} {settings!r}"
