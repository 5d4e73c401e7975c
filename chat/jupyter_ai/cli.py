"""The command `jupyter ai`: chat in a terminal, and see the plug-ins."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from jupyter_ai import __version__

if TYPE_CHECKING:
    from jupyter_ai.terminal.session import Wanted

__all__ = ["main"]

_FAILED = 1
_UNREACHABLE = 2
_INTERRUPTED = 130


@click.group(name="jupyter-ai", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="jupyter-ai", message="%(prog)s %(version)s")
def main() -> None:
    """A chat for Jupyter in which every ability is a plug-in."""


@main.command()
@click.argument("prompt", nargs=-1)
@click.option("--url", help="The server to chat at, as a browser shows its URL.  [default: one that runs]")
@click.option("--token", envvar="JUPYTER_TOKEN", default="", help="The server's token.  [env: JUPYTER_TOKEN]")
@click.option("--local", is_flag=True, help="Answer in this process, even if a server runs.")
@click.option("--chat", metavar="ID", help="A chat by its id, the beginning of its id, or its whole title.")
@click.option("--new", is_flag=False, flag_value="", metavar="[TITLE]", help="Begin a chat.")
@click.option("--list", "list_chats", is_flag=True, help="List the chats and leave.")
@click.option("-v", "--verbose", is_flag=True, help="Show what an engine in this process logs.")
def chat(
    prompt: tuple[str, ...],
    url: str | None,
    token: str,
    local: bool,
    chat: str | None,
    new: str | None,
    list_chats: bool,
    verbose: bool,
) -> None:
    """Chat, or ask one PROMPT and leave.

    A running Jupyter Server is found by itself, best one whose root holds this folder. Where none runs, an
    engine in this process answers; its chats are those of a server that is started in this folder.

    Without a PROMPT the whole of standard input is one, unless it is a terminal: then you type. Ctrl-C stops
    the answer; pressed again it leaves, as Ctrl-D does.

    The exit code is 1 if the answer tells of a failure, 2 if there is no way to the chat, and 130 if Ctrl-C
    ended a PROMPT.
    """
    from jupyter_ai.terminal.session import Wanted

    if url and local:
        raise click.UsageError("--url names a server, and --local is for where there is none.")
    if chat is not None and new is not None:
        raise click.UsageError("--chat names a chat that there is, and --new begins one.")
    person = not prompt and sys.stdin.isatty() and sys.stdout.isatty()
    text = None if person or list_chats else _read(prompt)
    wanted = Wanted(text, not prompt, url, token, local, chat, new, list_chats, verbose)
    sys.exit(_run(wanted))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, with the tracebacks of those that failed.")
@click.option("--strict", is_flag=True, help="End with exit code 1 if one failed.")
def plugins(as_json: bool, strict: bool) -> None:
    """List every plug-in that is installed, and what has become of it.

    They are loaded in this process, as a server loads them. In a pipe each is a line of fields separated by
    tabs: group, name, command, package, state and the reason for it.
    """
    from jupyter_ai.terminal.plugin_table import load, to_json, to_lines, to_table

    found = load()
    if as_json:
        click.echo(to_json(found))
    elif sys.stdout.isatty():
        from rich.console import Console

        Console().print(to_table(found))
    else:
        click.echo("\n".join(to_lines(found)))
    if strict and any(plugin.state == "failed" for plugin in found):
        sys.exit(_FAILED)


def _read(words: tuple[str, ...]) -> str:
    """The prompt: these words, or else standard input."""
    text = " ".join(words) if words else sys.stdin.buffer.read().decode(errors="replace")
    if not text.strip():
        raise click.UsageError("There is nothing to send: the prompt is empty.")
    # What the shell or a file has that is not Unicode, which a server would replace as well.
    return text.strip().encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _run(wanted: Wanted) -> int:
    import asyncio

    from jupyter_ai.errors import JupyterAIError
    from jupyter_ai.terminal.session import run

    try:
        return asyncio.run(run(wanted))
    except JupyterAIError as error:
        click.echo(f"Error: {error}", err=True)
        return _UNREACHABLE
    except (KeyboardInterrupt, asyncio.CancelledError):
        return _INTERRUPTED
    except BrokenPipeError:
        raise  # click ends quietly: whoever read has seen enough
    except OSError as error:
        click.echo(f"Error: {error}", err=True)
        return _FAILED
