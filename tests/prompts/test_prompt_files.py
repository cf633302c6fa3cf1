"""The contract of prompt files, on broken texts and on every shipped file."""

from __future__ import annotations

import hashlib
import string
from pathlib import Path

import pytest

import prompts
from prompts.loader import parse

HEAD = "---\nname: x\nversion: 1\nvariables: [a, b]\n---\n"


@pytest.mark.parametrize("name", prompts.names())
def test_shipped_prompts_render_with_exactly_their_variables(name: str) -> None:
    prompt = prompts.load(name)
    text = prompt.render(**{variable: f"<{variable}>" for variable in prompt.variables})
    assert all(f"<{variable}>" in text for variable in prompt.variables)
    raw = (Path(prompts.__file__).parent / f"{name}.md").read_bytes()
    assert prompt.fingerprint == hashlib.sha256(raw).hexdigest()[:12]
    assert "merchant_id" not in prompt.variables
    assert string.Template(prompt.body).is_valid()


def test_both_languages_of_a_prompt_take_the_same_variables() -> None:
    pairs = {name.removesuffix(".zh") for name in prompts.names() if name.endswith(".zh")}
    assert pairs == {"compose", "repair"}
    for name in pairs:
        assert prompts.load(f"{name}.zh").variables == prompts.load(f"{name}.en").variables


def test_missing_and_unused_variables_are_refused() -> None:
    prompt = parse(HEAD + "$a and $b costs $$5")
    assert prompt.render(a="1", b="2") == "1 and 2 costs $5\n"
    with pytest.raises(prompts.PromptError, match="missing b"):
        prompt.render(a="1")
    with pytest.raises(prompts.PromptError, match="does not use c"):
        prompt.render(a="1", b="2", c="3")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no front matter", "front matter"),
        (HEAD + "only $a", "differ: b"),
        (HEAD + "$a $b $c", "differ: c"),
        (HEAD + "$a $b costs $5", "bare"),
        ("---\nname: x\n---\ntext", "exactly"),
        ("---\nname: [\n---\ntext", "YAML"),
    ],
)
def test_broken_files_are_refused(text: str, message: str) -> None:
    with pytest.raises(prompts.PromptError, match=message):
        parse(text)


def test_an_unknown_prompt_names_the_known_ones() -> None:
    with pytest.raises(prompts.PromptError, match=r"compose\.en"):
        prompts.load("nope")


def test_values_are_not_templates() -> None:
    assert parse(HEAD + "$a|$b").render(a="$b", b="${a}") == "$b|${a}\n"
