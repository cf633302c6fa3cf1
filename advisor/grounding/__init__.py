"""Grounding: no sentence is shown before its figures, names, directions and causes matched the facts it cites."""

from advisor.grounding.check import Verdict, check
from advisor.grounding.glossary import Glossary, default_glossary

__all__ = ["Glossary", "Verdict", "check", "default_glossary"]
