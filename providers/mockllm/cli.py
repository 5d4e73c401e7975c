"""The command `mockllm`: start a mock server, and check a responses file."""

from __future__ import annotations

import os
import sys
from errno import EADDRINUSE
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import click

from mockllm import __version__

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["main"]

_FAILED = 1
_LEVELS = ("debug", "info", "warning", "error")
_MODULES = click.option(
    "--provider",
    "modules",
    multiple=True,
    metavar="MODULE",
    help="A module of providers: a dotted name or a .py file.",
)


def _checked_url(context: click.Context, option: click.Parameter, url: str | None) -> str | None:
    try:
        parts = urlsplit(url or "http://localhost")
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, a bracket that is not closed
        fits = False
    if not fits:
        raise click.BadParameter(f"{url} is no address like https://api.openai.com")
    return url


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mockllm", message="%(prog)s %(version)s")
def main() -> None:
    """A mock LLM server: canned answers through the APIs of OpenAI, Anthropic, Ollama, and your own."""


@main.command()
@click.option(
    "--responses",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The YAML file of answers.  [default: $MOCKLLM_RESPONSES, ./responses.yml or .yaml, built-in ones]",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0: a free one.")
@click.option("--reload/--no-reload", default=True, show_default=True, help="Read the file when it changes.")
@_MODULES
@click.option(
    "--record",
    metavar="URL",
    callback=_checked_url,
    help="Ask this server what the file does not answer; write it there.",
)
@click.option("--log-level", type=click.Choice(_LEVELS), default="info", show_default=True)
def start(
    responses: Path | None,
    host: str,
    port: int,
    reload: bool,
    modules: tuple[str, ...],
    record: str | None,
    log_level: str,
) -> None:
    """Answer until Ctrl-C, which drops open streams.

    The exit code is 1 if the file is wrong, a module cannot be loaded or the port is in use.
    """
    _configure_logging(log_level)
    _require_extra()
    try:
        _load(modules)
        app = _app(responses, reload, record)
        _run(app, host, port)
    except KeyboardInterrupt:
        pass


@main.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_MODULES
def validate(file: Path, modules: tuple[str, ...]) -> None:
    """Check a responses FILE, with what it says of providers. The exit code is 1 if it is wrong."""
    from mockllm.config import ResponsesError, load_responses

    try:
        responses = load_responses(file)
        if modules or responses.provider_config:
            _require_extra()
            _load(modules)
            _check_providers(responses.provider_config, str(file))
    except ResponsesError as error:
        _fail(str(error))
    click.echo(f"{file} is valid: {len(responses.rules)} rules.")


def _configure_logging(level: str) -> None:
    import logging

    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(message)s")
    for chatty in ("httpx", "httpcore", "uvicorn"):  # the first logs URLs with their query
        logging.getLogger(chatty).setLevel("WARNING")


def _require_extra() -> None:
    from mockllm.extra import missing_extra

    if problem := missing_extra():
        _fail(problem)


def _load(modules: tuple[str, ...]) -> None:
    from mockllm.external import ProviderLoadError, load_built_ins, load_provider_module

    load_built_ins()
    if modules and (here := os.getcwd()) not in sys.path[:1]:
        sys.path.insert(0, here)  # as `python -m` does, so that a dotted name finds what lies here
    try:
        for module in modules:
            load_provider_module(module)
    except ProviderLoadError as error:
        _fail(str(error))


def _app(responses: Path | None, reload: bool, record: str | None) -> FastAPI:
    from mockllm.config import ResponsesError
    from mockllm.recording.recorder import Recorder
    from mockllm.server import create_app
    from mockllm.serving.answers import responses_path

    path = responses or responses_path()
    if record and path is None:
        raise click.UsageError("--record needs a file to write to: name it with --responses.")
    try:
        if record and path:
            app = create_app(recorder=Recorder.open(record, path), reload=reload)
        else:
            app = create_app(path, reload=reload)
    except ResponsesError as error:
        _fail(str(error))
    click.echo(f"Answers from {path or 'the built-in file; write your own: --responses FILE'}.")
    return app


def _run(app: FastAPI, host: str, port: int) -> None:
    from mockllm.runner import Server, bind

    try:
        listener = bind(host, port)
    except OSError as error:
        problem = "it is in use" if error.errno == EADDRINUSE else error.strerror
        _fail(f"Cannot listen at port {port} of {host}: {problem}. Choose another with --port or --host.")
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"MockLLM at http://{shown}:{listener.getsockname()[1]} (Ctrl-C ends it)")
    if not _is_local(host):
        click.echo("Warning: whoever can reach this port can use it: there is no authentication.", err=True)
    Server(app).run(sockets=[listener])


def _check_providers(config: Any, source: str) -> None:
    from mockllm.external import load_entry_points
    from mockllm.registry import registry
    from mockllm.serving.answers import check_provider_config

    load_entry_points(registry)
    for name, values in config.items():
        if info := registry.get(name):
            check_provider_config(info, values, source)
        else:
            click.echo(f"Warning: {source}: no provider is called `{name}` (`providers.{name}`).", err=True)


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _fail(message: str) -> NoReturn:
    click.echo(f"Error: {message}", err=True)
    sys.exit(_FAILED)
