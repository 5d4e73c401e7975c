"""What `jupyter ai chat` does, from its options to its exit code."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

from jupyter_ai.terminal.client import ChatClient, Link, Place
from jupyter_ai.terminal.markdown import clean
from jupyter_ai.terminal.places import choose_chat, find_place, named_place

__all__ = ["Wanted", "run"]

_ATTEMPTS = 20  # to come back to a server with a question that was asked: about a minute


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    prompt: str | None  # None: let a person type
    plain: bool = False  # write the text as it is, even to a terminal
    url: str | None = None
    token: str = ""
    local: bool = False
    chat: str | None = None
    new: str | None = None
    list_chats: bool = False
    verbose: bool = False


async def run(wanted: Wanted) -> int:
    """Chat; the exit code. Raises `JupyterAIError` if there is no way to the chat.

    Cancelling it leaves the chat, and what a server answers to itself.
    """
    place = await _place(wanted)
    try:
        if wanted.list_chats:
            await _list(place)
            return 0
        link = await place.link(await choose_chat(place, wanted.chat, wanted.new))
        if wanted.prompt is None:
            await _converse(link)
            return 0
        for notice in place.notices:
            _tell(clean(notice))
        return await _ask(link, wanted.prompt, plain=wanted.plain)
    finally:
        await place.aclose()


async def _place(wanted: Wanted) -> Place:
    if wanted.url:
        return await named_place(wanted.url, wanted.token)
    return await find_place(
        Path.cwd(), wanted.token, local=wanted.local, log=_log(verbose=wanted.verbose), tell=_tell
    )


async def _list(place: Place) -> None:
    for chat in await place.chats():
        remarks = [word for word, holds in (("default", chat.is_default), ("shared", chat.shared)) if holds]
        print(chat.id, clean(chat.title), *([f"({', '.join(remarks)})"] if remarks else []), sep="  ")


async def _converse(link: Link) -> None:
    from rich.console import Console

    from jupyter_ai.terminal.rendering import console_for
    from jupyter_ai.terminal.screen import Screen

    console = console_for(Console(file=sys.stdout, highlight=False))
    async with ChatClient(link) as client:
        await Screen(client, console).run()


async def _ask(link: Link, prompt: str, *, plain: bool) -> int:
    from jupyter_ai.terminal.oneshot import Question
    from jupyter_ai.terminal.printers import MarkdownPrinter, PlainPrinter, Printer

    async with ChatClient(link, attempts=_ATTEMPTS) as client:
        printer: Printer
        if plain or not sys.stdout.isatty():
            if isinstance(sys.stdout, TextIOWrapper):
                sys.stdout.reconfigure(errors="replace")  # better than no answer at all
            printer = PlainPrinter(sys.stdout, clean if sys.stdout.isatty() else str, prompt=prompt)
        else:
            from jupyter_ai.terminal.rendering import console_for

            printer = MarkdownPrinter(console_for(), client.state, prompt=prompt)
        return await Question(client, prompt, printer, _tell).ask()


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _log(*, verbose: bool) -> logging.Logger:
    """The log of an engine in this process; what matters is told in the chat as well."""
    log = logging.getLogger("jupyter_ai.terminal")
    log.propagate = False
    log.handlers = [logging.StreamHandler() if verbose else logging.NullHandler()]
    log.setLevel(logging.INFO)
    return log
