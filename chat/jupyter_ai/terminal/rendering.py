"""Messages as a terminal shows them: Markdown by rich, without what gets in the way of copying."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown, MarkdownElement, TableElement
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from jupyter_ai.terminal.markdown import Piece, clean
from jupyter_ai.terminal.state import Message

__all__ = [
    "PROMPT",
    "Block",
    "console_for",
    "header",
    "note",
    "pending_lines",
    "piece",
    "prompt_line",
    "to_lines",
    "waiting_lines",
]

PROMPT = "\N{HEAVY RIGHT-POINTING ANGLE QUOTATION MARK ORNAMENT} "
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"

# The terminal's own colours on its own background, light or dark.
_THEME = Theme(
    {
        "markdown.code": "cyan",
        "markdown.code_block": "default",
        "markdown.h1": "bold underline",
        "markdown.h2": "bold",
        "markdown.h3": "bold dim",
        "chat.name": "bold green",
        "chat.person": "bold blue",
        "chat.note": "dim italic",
    }
)


class _LeftHeading(Heading):
    """A heading where reading begins."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self.text.justify = "left"
        yield self.text


class _PlainCode(CodeBlock):
    """Code without a frame or padding, so that it can be copied."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        syntax = Syntax("", self.lexer_name, theme="ansi_dark", background_color="default")
        # The text alone: what `Syntax` does around it costs more than the highlighting.
        text = syntax.highlight(str(self.text).rstrip())
        text.rstrip()
        yield text


class _OpenTable(TableElement):
    """A table without the empty lines that stand for its edges."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for item in super().__rich_console__(console, options):
            if isinstance(item, Table):
                item.show_edge = False
            yield item


class Block(Markdown):
    """A piece of a message."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _LeftHeading,
        "fence": _PlainCode,
        "code_block": _PlainCode,
        "table_open": _OpenTable,
    }


def console_for(console: Console | None = None) -> Console:
    """A console (the one given, or that of standard output) with the chat's styles."""
    console = console or Console(highlight=False)
    console.push_theme(_THEME)
    return console


def piece(piece: Piece) -> list[RenderableType]:
    """A piece of a message, below an empty line unless it continues the one above."""
    block = Block(piece.text.strip("\n"), code_theme="ansi_dark", hyperlinks=False)
    return [block] if piece.joined else ["", block]


def header(message: Message) -> list[RenderableType]:
    """Who speaks."""
    return ["", Text(clean(message.author) or "Reply", style="chat.name")]


def prompt_line(message: Message, *, mine: bool) -> list[RenderableType]:
    """What a person said."""
    who = "" if mine else f"{clean(message.author)} "
    text = clean(message.text.strip()).replace("\n", "\n  ")
    return ["", Text.assemble((f"{who}{PROMPT}", "chat.person"), (text, "bold"))]


def note(text: str) -> Text:
    """What the client says of itself."""
    return Text(clean(text), style="chat.note")


def pending_lines(console: Console, texts: Iterable[str], frame: int) -> list[str]:
    """What is being worked on, each behind a spinner."""
    wheel = _SPINNER[frame % len(_SPINNER)]
    notes = [note(f"{wheel} {text}") for text in texts]
    return to_lines(console, ["", *notes]) if notes else []


def waiting_lines(console: Console, unsent: Sequence[str], held: Sequence[Message]) -> list[str]:
    """What comes after the present message: prompts on their way, and messages that are held back."""
    texts = [f"{PROMPT}{text.strip()}" for text in unsent]
    for message in held:
        said = f"… {message.author}: {message.length} characters"
        texts.append(f"{PROMPT}{message.text.strip()}" if message.kind == "human" else said)
    return to_lines(console, ["", *(note(_line(text)) for text in texts)]) if texts else []


def _line(text: str) -> str:
    first, _, more = text.partition("\n")
    return f"{first} …" if more else first


def to_lines(console: Console, renderables: Sequence[RenderableType]) -> list[str]:
    """The lines that `renderables` take, with ANSI styles."""
    lines: list[str] = []
    for renderable in renderables:
        with console.capture() as capture:
            console.print(renderable)
        new = [line.rstrip(" ") for line in capture.get().removesuffix("\n").split("\n")]
        lines += _stripped(new) if isinstance(renderable, Block) else new
    return lines


def _stripped(lines: list[str]) -> list[str]:
    """Without the empty lines around them, of which some blocks bring their own."""
    full = [i for i, line in enumerate(lines) if line]
    return lines[full[0] : full[-1] + 1] if full else []
