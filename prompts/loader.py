"""Reads a prompt file: YAML front matter (name, version, variables) and a string.Template body that uses exactly those variables."""

from __future__ import annotations

import hashlib
import string
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

__all__ = ["Prompt", "PromptError", "load", "names", "parse"]

_FOLDER = Path(__file__).resolve().parent


class PromptError(Exception):
    """A prompt file is missing or breaks its contract, or a caller gave the wrong variables. A bug, never a user's error."""


@dataclass(frozen=True)
class Prompt:
    """`fingerprint` is the first 12 hex digits of the file's SHA-256; it goes into every answer's trace."""

    name: str
    version: int
    variables: frozenset[str]
    body: str
    fingerprint: str

    def render(self, **values: str) -> str:
        """Fill the template. Raises PromptError when a variable is missing or one is given that the prompt does not use."""
        given = set(values)
        if missing := self.variables - given:
            raise PromptError(f"prompt {self.name}: missing {', '.join(sorted(missing))}")
        if unused := given - self.variables:
            raise PromptError(f"prompt {self.name}: does not use {', '.join(sorted(unused))}")
        return string.Template(self.body).substitute(values)


def names() -> list[str]:
    """The shipped prompts."""
    return sorted(path.stem for path in _FOLDER.glob("*.md"))


@cache
def load(name: str) -> Prompt:
    """Read a shipped prompt. Raises PromptError naming what is wrong."""
    path = _FOLDER / f"{name}.md"
    if not path.is_file():
        raise PromptError(f"no prompt called {name}; there are: {', '.join(names())}")
    prompt = parse(path.read_text(encoding="utf-8"))
    if prompt.name != name:
        raise PromptError(f"prompt file {name}.md calls itself {prompt.name}")
    return prompt


def parse(text: str) -> Prompt:
    """Check the contract of one file's text."""
    parts = text.split("---\n", 2)
    if len(parts) != 3 or parts[0].strip():
        raise PromptError("a prompt starts with front matter between --- lines")
    try:
        head = yaml.safe_load(parts[1])
    except yaml.YAMLError as error:
        raise PromptError(f"front matter is not YAML: {error}") from error
    if not isinstance(head, dict) or set(head) != {"name", "version", "variables"}:
        raise PromptError("front matter has exactly: name, version, variables")
    name, declared = str(head["name"]), frozenset(map(str, head["variables"] or ()))
    body = parts[2].strip() + "\n"
    template = string.Template(body)
    if not template.is_valid():
        raise PromptError(f"prompt {name}: a bare $ in the text; write $$")
    used = frozenset(template.get_identifiers())
    if used != declared:
        wrong = ", ".join(sorted(used ^ declared))
        raise PromptError(f"prompt {name}: declared and used variables differ: {wrong}")
    return Prompt(name, int(head["version"]), declared, body, hashlib.sha256(text.encode()).hexdigest()[:12])
