"""Passages of the merchant's own documents: a statement may quote them word for word, named as such, and nothing more.

What stands in an uploaded file is the merchant's word, checked by nobody: it supports no figure, cause or direction outside
the quotation, and a reader must see whose word it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from advisor.grounding.support import Cited
from tools.text import Text

__all__ = ["is_own_material", "without_quotations"]

_KIND = "own_document"
_NAMED = re.compile(r"你上传的|你们上传的|自有资料|\byour uploaded\b|\byou uploaded\b|\bown material\b", re.I)


def is_own_material(cited: Cited) -> bool:
    return cited.fact.data.get("kind") == _KIND


def without_quotations(draft: str, facts: Sequence[Cited]) -> tuple[str, list[Text]]:
    """The statement's own words, which alone are checked, and what is wrong when the quotation is not named as one."""
    own = [cited for cited in facts if is_own_material(cited)]
    text = draft
    for cited in own:
        for part in (str(cited.fact.data.get("quote", "")), *cited.fact.entities):
            text = text.replace(part, "") if part else text
    text = re.sub(r"“\s*”|\"\s*\"|《\s*》|（\s*）|\(\s*\)", "", text)
    if own and not _NAMED.search(text):
        return text, [
            Text(
                "引用自有资料时要写明“你上传的《…》里提到”。",
                "A quotation of own material must be named: your uploaded “…” says.",
            )
        ]
    return text, []
