"""A passage of the merchant's own material as a fact: quoted, cut, made inert, and never to be taken for a published case."""

from __future__ import annotations

import re

from tools.cases.documents import OwnPassage
from tools.facts import Claim, Fact, fact_id

__all__ = ["OWN_KIND", "document_fact", "inert"]

OWN_KIND = "own_document"
_QUOTE = 120
_NAME = 40
# what Markdown, HTML or an evidence mark could be made of; full-width forms read the same and do nothing
_SIGNS = str.maketrans('[]<>`*|{}$\\#_~“”《》"', "［］＜＞＇＊｜｛｝＄＼＃＿～‘’〈〉＇")


def inert(text: str, limit: int) -> str:
    """One line of plain words, at most `limit` characters."""
    line = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", " ", text).split())
    line = line.translate(_SIGNS).replace("://", "：／／")
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def document_fact(passage: OwnPassage) -> Fact:
    """Fact of kind "case" whose `data["kind"]` is `own_document`. It has no quantity: its figures are the merchant's words."""
    name, heading, quote = (
        inert(passage.name, _NAME),
        inert(passage.heading, 80),
        inert(passage.sentence, _QUOTE).rstrip("。.；; "),
    )
    where_zh, where_en = (f"（{heading}）", f" ({heading})") if heading else ("", "")
    return Fact(
        id=fact_id("own_document", passage.document, passage.heading, passage.text, quote),
        kind="case",
        claim=Claim(
            zh=f"自有资料：你上传的《{name}》{where_zh}里提到：“{quote}”",
            en=f"Own material: your uploaded “{name}”{where_en} says: “{quote}”",
        ),
        source=f"{name} › {heading}" if heading else name,
        entities=(name, heading) if heading else (name,),
        data={
            "kind": OWN_KIND,
            "document": passage.document,
            "file": name,
            "heading": heading,
            "quote": quote,
            "label": {"zh": "自有资料，未经核实", "en": "own material, not verified"},
        },
    )
