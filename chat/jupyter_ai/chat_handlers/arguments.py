"""Arguments of slash commands: an argument parser that talks markdown and never exits."""

from __future__ import annotations

import argparse
import contextlib
import io
from typing import NoReturn

from jupyter_ai.engine.router import arguments

__all__ = ["CommandParser", "MarkdownHelpFormatter", "UsageError", "parse"]


class UsageError(Exception):
    """The arguments do not fit; the text is what to show."""


class CommandParser(argparse.ArgumentParser):
    """An argument parser whose errors are raised as `argparse.ArgumentError`, never printed."""

    def error(self, message: str) -> NoReturn:
        """Raise in place of ending the process."""
        raise argparse.ArgumentError(None, message)


class MarkdownHelpFormatter(argparse.ArgumentDefaultsHelpFormatter):
    """Formats the help of a slash command as markdown: its usage as code, its arguments as a list."""

    def _format_usage(
        self,
        usage: str | None,
        actions: object,
        groups: object,
        prefix: str | None,
    ) -> str:
        text = super()._format_usage(usage, actions, groups, "")  # type: ignore[arg-type]
        return f"`{' '.join(text.split())}`\n\n"

    def start_section(self, heading: str | None) -> None:
        """A section with a bold heading."""
        super().start_section(f"**{heading}**" if heading else heading)

    def _format_action(self, action: argparse.Action) -> str:
        help_text = f": {self._expand_help(action)}" if action.help else ""
        line = f"* `{self._format_action_invocation(action)}`{help_text}\n"
        return line + "".join(self._format_action(a) for a in self._iter_indented_subactions(action))

    def _get_help_string(self, action: argparse.Action) -> str | None:
        # The default of a flag goes without saying.
        return action.help if action.nargs == 0 else super()._get_help_string(action)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return " ".join(text.split())


def parse(parser: argparse.ArgumentParser, prompt: str) -> argparse.Namespace:
    """The arguments in `prompt`. Raises `UsageError` whatever the parser does: error, print or exit."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            return parser.parse_args(arguments(prompt))
    except argparse.ArgumentError as e:
        raise UsageError(f"{str(e)[:1].upper()}{str(e)[1:]}.\n\n{parser.format_help()}") from e
    except SystemExit as e:
        raise UsageError(printed.getvalue() or parser.format_help()) from e
