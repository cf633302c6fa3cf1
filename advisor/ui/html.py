"""Writing HTML from other people's words: everything is text, nothing is markup.

Gradio's HTML component reads its value through a template, so braces, dollars and backticks are entities too.
"""

from __future__ import annotations

import re
from html import escape
from urllib.parse import urlsplit

__all__ = ["attributes", "chips", "element", "esc", "link"]

_TEMPLATE_SIGNS = {"{": "&#123;", "}": "&#125;", "$": "&#36;", "`": "&#96;", "@": "&#64;"}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_MARK = re.compile(r"\[([a-z]\d{1,4})\]")
_MARKS = re.compile(r"((?:\[[a-z]\d{1,4}\])+)([。；，、：）.,;:)]?)")  # a sign after a mark never starts a line


def esc(text: object) -> str:
    """Text for an element or an attribute."""
    safe = escape(_CONTROL.sub("", str(text)), quote=True)
    return "".join(_TEMPLATE_SIGNS.get(sign, sign) for sign in safe)


def attributes(values: dict[str, str]) -> str:
    return "".join(f' {name}="{esc(value)}"' for name, value in values.items() if value)


def element(name: str, inner: str, **values: str) -> str:
    """`inner` is HTML already; attribute values are text. `class_` and `data_x` lose their underscore."""
    named = {key.rstrip("_").replace("_", "-"): value for key, value in values.items()}
    return f"<{name}{attributes(named)}>{inner}</{name}>"


def chips(text: str, turn: str) -> str:
    """A sentence with its marks as links to the evidence below the answer."""
    out, at = [], 0
    for found in _MARKS.finditer(text):
        out.append(esc(text[at : found.start()]))
        marks = "".join(
            element("a", esc(mark), class_="chip", href=f"#{turn}-{mark}", data_open=f"{turn}-{mark}")
            for mark in _MARK.findall(found[0])
        )
        out.append(element("span", marks + esc(found[2]), class_="nobreak"))
        at = found.end()
    return "".join([*out, esc(text[at:])])


def link(address: str, label: str) -> str:
    """A web link a person may follow; anything that is not plain http(s) stays text."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return esc(label)
    return element("a", esc(label), href=address, target="_blank", rel="noopener noreferrer nofollow")
