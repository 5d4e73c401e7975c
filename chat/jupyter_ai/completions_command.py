"""The commands `jupyter ai completions …`."""

from __future__ import annotations

import sys

import click

__all__ = ["completions"]

_UNREACHABLE = 2


@click.group()
def completions() -> None:
    """See to the completion of code."""


@completions.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, with all that is counted.")
@click.option("--url", help="The server, as a browser shows its URL.  [default: one that runs]")
@click.option("--token", envvar="JUPYTER_TOKEN", default="", help="Its token.  [env: JUPYTER_TOKEN]")
def stats(as_json: bool, url: str | None, token: str) -> None:
    """Tell how completions fare at a running server: times, errors, and how many are accepted.

    All is counted since the server started; the percentiles are of the latest 1,000. No code is kept for it.
    The exit code is 2 if no server can be reached.
    """
    import asyncio
    import json

    from jupyter_ai.errors import JupyterAIError
    from jupyter_ai.terminal.completion_stats import fetch_stats, to_lines

    try:
        told = asyncio.run(fetch_stats(url, token, lambda text: click.echo(text, err=True)))
    except JupyterAIError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(_UNREACHABLE)
    click.echo(json.dumps(told, indent=2) if as_json else "\n".join(to_lines(told)))
