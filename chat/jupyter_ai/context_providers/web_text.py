"""The text of a page of the web."""

from __future__ import annotations

import codecs
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from jupyter_ai.context_providers.documents import document_text
from jupyter_ai.errors import FileRefused

if TYPE_CHECKING:
    from jupyter_ai.context_providers.web import Page

__all__ = ["page_text"]

_HTML = ("text/html", "application/xhtml+xml")
_TEXTS = ("application/json", "application/xml", "application/javascript")
_UNREAD = frozenset({"iframe", "nav", "noscript", "script", "style", "svg", "template"})
_INLINE = frozenset(
    {
        "a",
        "abbr",
        "b",
        "cite",
        "code",
        "del",
        "em",
        "font",
        "i",
        "img",
        "ins",
        "kbd",
        "mark",
        "q",
        "s",
        "samp",
    }
    | {"small", "span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"}
)
_SLOW = ("idna", "punycode")  # Python's own, which take quadratic time
_SPACE = re.compile(r"\s+")


def page_text(page: Page) -> str:
    """The text of HTML, a PDF or what is text as it is. Blocks. Raises `FileRefused` for anything else."""
    if page.media_type in _HTML:
        return _html_text(page)
    if page.media_type == "application/pdf":
        return document_text(page.content, ".pdf")
    if page.media_type.startswith("text/") or page.media_type in _TEXTS or page.media_type.endswith("+json"):
        return _decoded(page)
    raise FileRefused(f"It is of the type {page.media_type}, which is not text.")


def _decoded(page: Page) -> str:
    try:
        charset = codecs.lookup(page.charset or "utf-8").name
        return page.content.decode("utf-8" if charset in _SLOW else charset, errors="replace")
    except (LookupError, UnicodeError):
        return page.content.decode(errors="replace")


def _html_text(page: Page) -> str:
    parser = _Reader()
    parser.feed(_decoded(page))
    parser.close()
    lines = (line.rstrip() for line in "".join(parser.pieces).splitlines())
    return "\n".join(line for line in lines if line) or "(It has no text.)"


class _Reader(HTMLParser):
    """Collects text, with each block on lines of its own; code keeps its indentation.

    A tree of the page, as libraries make, takes minutes for one that is nested deeply on purpose.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._unread = 0  # open elements whose text is not shown
        self._code = 0  # open elements in which white space counts

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unread += tag in _UNREAD
        self._code += tag == "pre"
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        self._unread = max(0, self._unread - (tag in _UNREAD))
        self._code = max(0, self._code - (tag == "pre"))
        self._break(tag)

    def handle_data(self, data: str) -> None:
        if self._unread:
            return
        if not self._code:
            data = _SPACE.sub(" ", data)
            if not self.pieces or self.pieces[-1].endswith(("\n", " ")):
                data = data.lstrip()
        self.pieces.append(data)

    def _break(self, tag: str) -> None:
        if tag not in _INLINE and not self._unread:
            self.pieces.append("\n")
