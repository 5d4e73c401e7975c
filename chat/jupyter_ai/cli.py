"""The command `jupyter ai`: chat in a terminal, see the plug-ins, and the settings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jupyter_ai import __version__
from jupyter_ai.completions_command import completions
from jupyter_ai.scaffold import new

if TYPE_CHECKING:
    from jupyter_ai.server.host import EngineHost
    from jupyter_ai.terminal.session import Wanted

__all__ = ["main"]

_FAILED = 1
_UNREACHABLE = 2
_INTERRUPTED = 130


@click.group(name="jupyter-ai", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="jupyter-ai", message="%(prog)s %(version)s")
def main() -> None:
    """A chat for Jupyter in which every ability is a plug-in."""


main.add_command(new)
main.add_command(completions)


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
@click.option("--reload", "reload_them", is_flag=True, help="Have a running server take in what has changed.")
@click.option("--url", help="With --reload: a server, as a browser shows its URL.  [default: one that runs]")
@click.option("--token", envvar="JUPYTER_TOKEN", default="", help="Its token.  [env: JUPYTER_TOKEN]")
def plugins(as_json: bool, strict: bool, reload_them: bool, url: str | None, token: str) -> None:
    """List every plug-in that is installed, and what has become of it.

    They are loaded in this process, as a server loads them, and so are the persona files of this folder if it
    was allowed to run them. In a pipe each is a line of fields separated by tabs: group, name, command,
    package, state and the reason for it.

    With --reload, a running server adds what was installed since its start, drops what was removed, imports
    edited packages anew that are installed editable, and tries again what failed; its chats go on. The exit
    code is 2 if no server can be reached.
    """
    if reload_them:
        sys.exit(_reload(url, token, as_json, strict))
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


@main.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="As JSON, with the tracebacks of what failed.")
@click.option("--no-model", is_flag=True, help="Ask no model whether it answers: nothing is sent anywhere.")
@click.option("-v", "--verbose", is_flag=True, help="Show the tracebacks of what failed.")
def doctor(paths: tuple[Path, ...], as_json: bool, no_model: bool, verbose: bool) -> None:
    """Tell what works and what does not, and what to do about it.

    The environment, versions, plug-ins, settings, models, the file of the chats and JupyterLab's extension
    are looked at. A model that was chosen is asked for one word. Plug-ins are imported and made, as a server
    does it.

    With a PATH, a package's folder or a file, only its code is read: what it imports that has moved, is
    deprecated or is gone, and what to import instead.

    In a pipe each finding is a line of fields separated by tabs: part, level, name, what, where, and what to
    do. No key is shown. The exit code is 1 if something is wrong.
    """
    from jupyter_ai.doctor.command import run
    from jupyter_ai.errors import JupyterAIError

    try:
        sys.exit(run(paths, as_json=as_json, ask_model=not no_model, verbose=verbose))
    except JupyterAIError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(_FAILED)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


def _reload(url: str | None, token: str, as_json: bool, strict: bool) -> int:
    import asyncio
    import json

    from jupyter_ai.errors import JupyterAIError
    from jupyter_ai.terminal.reloading import reload_plugins, to_lines

    try:
        told = asyncio.run(reload_plugins(url, token, lambda text: click.echo(text, err=True)))
    except JupyterAIError as error:
        click.echo(f"Error: {error}", err=True)
        return _UNREACHABLE
    click.echo(json.dumps(told, indent=2) if as_json else "\n".join(to_lines(told)))
    return _FAILED if strict and told["failed"] else 0


@main.command()
@click.option(
    "--explain", is_flag=True, help="Tell of every setting where it comes from, and what else was asked."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON, with all that --explain tells.")
@click.option("--model", metavar="ID", help="Choose the language model, as <provider>:<model>; '' for none.")
@click.option("--embeddings-model", metavar="ID", help="Choose the embedding model.")
@click.option(
    "--completions-model",
    metavar="ID",
    help="Choose the model that completes code; 'auto': the best one for each request.",
)
@click.option("--set-key", metavar="NAME", help="Store an API key: it is asked for, or read from a pipe.")
@click.option("--delete-key", metavar="NAME", help="Forget an API key.")
@click.option("--reset", is_flag=True, help="Forget all choices; keys stay.")
def config(
    explain: bool,
    as_json: bool,
    model: str | None,
    embeddings_model: str | None,
    completions_model: str | None,
    set_key: str | None,
    delete_key: str | None,
    reset: bool,
) -> None:
    """Show the settings, or change them; a running server takes a change with the next message.

    What is set on a server's own command line is not known here. In a pipe each setting is a line of fields
    separated by tabs: name, value, source, where, and "read-only" if people cannot change it. A key is never
    shown.

    The exit code is 1 if a change is refused, and nothing is changed then.
    """
    models = {
        "model_provider_id": model,
        "embeddings_provider_id": embeddings_model,
        "completions_model_provider_id": completions_model,
    }
    update: dict[str, Any] = {
        name: _unicode(id).strip() or None for name, id in models.items() if id is not None
    }
    if set_key is not None:
        update["api_keys"] = {set_key: _read_key(set_key)}
    if reset and (update or delete_key):
        raise click.UsageError("--reset stands alone: it forgets every choice.")
    sys.exit(_configure(update, delete_key, reset, "json" if as_json else "explain" if explain else "table"))


def _configure(update: dict[str, Any], delete_key: str | None, reset: bool, form: str) -> int:
    from jupyter_ai.errors import JupyterAIError
    from jupyter_ai.keys.redaction import redact
    from jupyter_ai.models import UpdateConfigRequest
    from jupyter_ai.terminal.config_table import open_settings

    try:
        host = open_settings(lambda text: click.echo(text, err=True))
        if reset:
            host.config_manager.reset()
        elif update or delete_key is not None:
            forget = [] if delete_key is None else [delete_key]
            host.config_manager.update_config(UpdateConfigRequest(**update), forget=forget)
    except JupyterAIError as error:
        click.echo(f"Error: {redact(str(error))}", err=True)
        return _FAILED
    _show_settings(host, form)
    return 0


def _show_settings(host: EngineHost, form: str) -> None:
    from jupyter_ai.config.explained import explain
    from jupyter_ai.keys.redaction import redact
    from jupyter_ai.terminal import config_table

    settings = explain(host)
    problems = [redact(problem) for problem in (*host.problems.values(), *host.config_manager.problems)]
    if form == "json":
        click.echo(config_table.to_json(settings, problems))
        return
    if form == "explain":
        click.echo("\n".join(config_table.to_explained_lines(settings)))
    elif sys.stdout.isatty():
        from rich.console import Console

        Console().print(config_table.to_table(settings))
    else:
        click.echo("\n".join(config_table.to_lines(settings)))
    for problem in problems:
        click.echo(f"Problem: {problem}", err=True)


def _read_key(name: str) -> str:
    """A key, which is neither shown nor on the command line, where other users see it."""
    from jupyter_ai.config.naming import check_key_name
    from jupyter_ai.errors import InvalidSetting

    try:
        check_key_name(name)  # before it is shown: it may be the key
    except InvalidSetting as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(_FAILED)
    if sys.stdin.isatty():
        return str(click.prompt(name, hide_input=True))
    return sys.stdin.buffer.readline().decode(errors="replace")  # what is refused then, as no key holds it


def _read(words: tuple[str, ...]) -> str:
    """The prompt: these words, or else standard input."""
    text = " ".join(words) if words else sys.stdin.buffer.read().decode(errors="replace")
    if not text.strip():
        raise click.UsageError("There is nothing to send: the prompt is empty.")
    return _unicode(text.strip())


def _unicode(text: str) -> str:
    """Without what the shell or a file has that is not Unicode, which a server would replace as well."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


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
