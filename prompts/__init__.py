"""Prompts as Markdown files with a contract. Bottom layer: imports nothing of ours."""

from prompts.loader import Prompt, PromptError, load, names

__all__ = ["Prompt", "PromptError", "load", "names"]
