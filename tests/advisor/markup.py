"""What the page's HTML holds, read by a parser; that nothing in it runs, loads or is taken for a template."""

from __future__ import annotations

from html.parser import HTMLParser

__all__ = ["Markup", "read_markup", "unlinked_tags"]


class Markup(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read_markup(html: str) -> Markup:
    """No handler and no source, links only within the page or to the web, no sign the library reads as a template."""
    reader = Markup()
    reader.feed(html)
    assert not [name for name, _ in reader.attributes if name.startswith("on") or name in ("src", "srcdoc")]
    assert all(value.startswith(("#", "http")) for name, value in reader.attributes if name == "href")
    assert not set("{}$`") & set(html), "the library reads these as a template"
    return reader


def unlinked_tags(html: str) -> set[str]:
    """The tags of HTML that, besides, links nowhere."""
    reader = read_markup(html)
    assert not [name for name, _ in reader.attributes if name == "href"]
    return reader.tags
