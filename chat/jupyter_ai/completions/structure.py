"""How many lines the structure of a document wants of a suggestion."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from jupyter_ai.completions.cursor import Cursor, indentation, is_comment, quotes_of_lines

__all__ = ["Wanted", "wanted", "wanted_part"]

Wanted = Literal["line", "statement", "paragraph", "lines"]
"""The rest of the line; a statement with its block; prose up to a blank line; or all there is."""

_SQL = frozenset({"sql", "mysql", "pgsql", "postgresql", "sqlite", "mssql", "plsql", "mariadb"})
_OPEN = re.compile(  # what belongs to a line that ends so stands on the next one
    r"(?:[:{\[(,=\\]|(?<!\+)\+|(?<!-)-|%\w*%|%[<$]?>%|\|>|<-|[=-]>|&&|\|\||\b(?:and|or|then|do|begin|else|try))$"
)
_WITH_BLOCK = re.compile(
    r"(?:(?:async|export|public|private|protected|static|abstract|mutable)\s+)*"
    r"(?:class|def|for|while|if|elif|elseif|else|with|try|except|finally|match|case|function|func|fn|fun|struct|let"
    r"|impl|interface|enum|switch|do|catch|begin|module|macro|quote|trait|namespace|record)\b"
)
_ON_NEXT_LINE = re.compile(  # what a line begins with that belongs to the one above
    r"[)\]}{]|\.\w|\|>|&&|\|\||::|\?\.|%\w*%|#\s*(?:else|elif|endif)\b|(?:public|private|protected)\s*:"
    r"|(?:else|elif|elsif|elseif|except|finally|catch|rescue|ensure|end|endif|fi|done|esac|then|do|case|default|when)\b"
)
_HEAD = re.compile(r"\s*(?:@[\w(]|#\[|template\s*<)")  # what stands above a statement and belongs to it
_WORD = re.compile(r"\w+$")
_LONGEST_SIGN = 16  # characters that a line which goes on may end with


def wanted(cursor: Cursor, *, explicit: bool) -> Wanted:
    """How much may be suggested at a cursor; who asks explicitly gets as much as there is.

    Only the rest of a line where code stands behind the cursor, or what the line opens has a body already.
    """
    if cursor.has_code_behind:
        return "line"
    blank = not cursor.before.strip()
    if explicit or cursor.language in _SQL or (blank and _has_room(cursor)):
        return "lines"
    if cursor.in_text:
        return "lines" if blank else "paragraph"
    has_body = not blank and indentation(cursor.next_line) > indentation(cursor.before)
    return "line" if has_body else "statement"


def wanted_part(text: str, cursor: Cursor, want: Wanted, *, grows: bool = False) -> str:
    """As much of a text as is wanted, from its start; of one that grows, as much as is sure to stay."""
    if want == "lines" or "\n" not in text:
        return text
    if want == "line":
        return text.partition("\n")[0]
    lines = text.split("\n")
    count = _paragraph(lines, cursor) if want == "paragraph" else _statement(lines, cursor, grows)
    return text if count == len(lines) else "\n".join(lines[:count])


def _has_room(cursor: Cursor) -> bool:
    """Whether nothing of the same block stands on the line below."""
    below = cursor.below[0] if cursor.below else ""
    return not below or indentation(below) < len(cursor.before)


def _paragraph(lines: list[str], cursor: Cursor) -> int:
    """How many lines stand above a blank one, or up to the end of the string that the cursor is in."""
    quotes = quotes_of_lines(cursor.language)
    for number, line in enumerate(lines):
        if number and not line.strip():
            return number
        if _is_quoted(line, quotes):
            return number + 1
    return len(lines)


def _statement(lines: list[str], cursor: Cursor, grows: bool) -> int:
    """How many lines belong to the first statement: those that are deeper, and what continues it."""
    first = cursor.before + lines[0]
    if not lines[0].strip() and not _goes_on_below(first, lines, cursor):
        return 1
    base, heading, previous, count = indentation(first), _is_head(first), first, 1
    quotes = [quote for quote in quotes_of_lines(cursor.language) if any(quote in line for line in lines)]
    inside = _is_quoted(first, quotes)
    for number, line in enumerate(lines[1:], 1):
        unfinished = grows and number == len(lines) - 1
        deeper = indentation(line) > base
        if not line.strip() and not inside:
            continue
        if not (deeper or inside or heading or _continues(line, unfinished) or _is_open(previous)):
            return count
        inside ^= _is_quoted(line, quotes)
        heading = heading and not deeper and _is_head(line)
        previous, count = line, number + 1
    return len(lines)


def _goes_on_below(line: str, lines: list[str], cursor: Cursor) -> bool:
    """Whether what begins with a line's end goes on with what stands on the line: a chain, a block."""
    following = next((line for line in lines if line.strip()), "")
    deeper = indentation(following) > indentation(line)
    return (
        _is_head(line)
        or _is_open(line)
        or _continues(following, False)
        or (deeper and _WITH_BLOCK.match(line.lstrip()) is not None)
        or (deeper and bool(cursor.after))
    )


def _is_open(line: str) -> bool:
    return _OPEN.search(line.rstrip()[-_LONGEST_SIGN:]) is not None


def _is_head(line: str) -> bool:
    return is_comment(line) or _HEAD.match(line) is not None


def _continues(line: str, unfinished: bool) -> bool:
    line = line.strip()
    return _ON_NEXT_LINE.match(line) is not None and not (unfinished and _WORD.match(line))


def _is_quoted(line: str, quotes: Sequence[str]) -> bool:
    """Whether a line begins or ends a string of several lines."""
    return bool(quotes) and any(line.count(quote) % 2 for quote in quotes)
