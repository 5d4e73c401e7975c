"""`@file:path`: the text of a file in the server's root, or some lines of it."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

from jupyter_ai.confined import confine, read_confined
from jupyter_ai.context_providers.base import (
    BaseCommandContextProvider,
    ContextCommand,
    ContextProviderException,
    find_commands,
    unescape,
)
from jupyter_ai.errors import FileRefused
from jupyter_ai.models import HumanChatMessage, ListOptionsEntry

__all__ = ["FILE_CONTEXT_TEMPLATE", "SUPPORTED_EXTS", "FileContextProvider"]

FILE_CONTEXT_TEMPLATE = """\
The person refers to the file {filepath}, which holds:

{content}"""
"""How a file is shown to a model: `{filepath}` and `{content}`."""

SUPPORTED_EXTS = {
    *(".c", ".cfg", ".cpp", ".css", ".csv", ".go", ".h", ".html", ".ini", ".ipynb", ".java", ".jl", ".js"),
    *(".json", ".jsx", ".md", ".py", ".qmd", ".R", ".Rmd", ".rs", ".rst", ".sh", ".sql", ".tex", ".toml"),
    *(".ts", ".tsv", ".tsx", ".txt", ".xml", ".yaml", ".yml"),
}
"""The suffixes of files that are completed; what is named in full is read whatever its suffix."""

_MOST_BYTES = 1 << 20  # of a file
_MOST_CHARACTERS = 100_000  # of all files of a message, about 25,000 tokens
_MOST_OPTIONS = 100
_LINES = re.compile(r"#L(\d+)(?:-L?(\d+))?$")


class FileContextProvider(BaseCommandContextProvider):
    """Adds files to what the model reads: `@file:a.py`, `@file:a.py#L10-40`, `@file:"a b.txt"`.

    Paths are relative to the server's root, and no other file is read, whatever links say. A file may have
    1 MiB, all files of a message 100,000 characters; what is more is left out, and the model is told.
    """

    id = "file"
    help = "Adds a file to what the model reads"
    requires_arg = True

    def get_arg_options(self, arg_prefix: str) -> list[ListOptionsEntry]:
        """The files and folders that begin so, 100 at most; hidden ones if the prefix begins with a dot."""
        typed = unescape(arg_prefix.lstrip("\"'"))
        folder, _, start = typed.rpartition("/")
        try:
            entries = sorted(os.scandir(confine(folder or ".", self.root_dir)), key=lambda entry: entry.name)
        except (FileRefused, OSError):
            return []
        found = [
            entry for entry in entries if entry.name.startswith(start) and self._is_offered(entry, start)
        ]
        prefix = f"{folder}/" if "/" in typed else ""
        return [self._option(prefix, entry) for entry in found[:_MOST_OPTIONS]]

    def _is_offered(self, entry: os.DirEntry[str], start: str) -> bool:
        hidden = entry.name.startswith(".") and not start.startswith(".")
        if hidden or not entry.name.startswith(start):
            return False
        return entry.is_dir() or Path(entry.name).suffix in SUPPORTED_EXTS

    def _option(self, prefix: str, entry: os.DirEntry[str]) -> ListOptionsEntry:
        if entry.is_dir():
            return self._make_arg_option(f"{prefix}{entry.name}/", is_complete=False, description="Folder")
        return self._make_arg_option(f"{prefix}{entry.name}", description=self.get_file_type(entry.name))

    def get_file_type(self, filepath: str) -> str:
        """What kind of file this is, for people: by its suffix."""
        suffix = Path(filepath).suffix.removeprefix(".")
        return f"{suffix} file" if suffix else "File"

    def get_filepaths(self, message: HumanChatMessage) -> list[str]:
        """The paths that `message` names, as it names them, without their lines."""
        return [_LINES.sub("", command.arg or "") for command in find_commands(self, message.prompt)]

    async def _make_context_prompt(self, message: HumanChatMessage, commands: list[ContextCommand]) -> str:
        parts, room = [], _MOST_CHARACTERS
        for command in commands:
            text = await asyncio.to_thread(self._read, command.arg or "")
            shown = text[:room]
            room -= len(shown)
            if len(shown) < len(text):
                shown += f"\n(left out for lack of room: {len(text) - len(shown):,} more characters)"
            parts.append(FILE_CONTEXT_TEMPLATE.format(filepath=f"`{command.arg}`", content=_fenced(shown)))
        return "\n\n".join(parts)

    def _replace_command(self, command: ContextCommand) -> str:
        return f"`{command.arg}`"

    def _read(self, arg: str) -> str:
        """The text that an argument names. Raises `ContextProviderException`."""
        path = _LINES.sub("", arg)
        try:
            content = read_confined(path, self.root_dir, _MOST_BYTES)
        except FileRefused as error:
            raise ContextProviderException(f"`@file:{arg}`: {error}") from None
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:
            raise ContextProviderException(f"`@file:{arg}`: it is not a text file.")
        return _lines(text, arg)


def _lines(text: str, arg: str) -> str:
    """The lines that `arg` asks for, counted from 1, both ends included; all without a range."""
    match = _LINES.search(arg)
    if match is None:
        return text
    lines = text.splitlines(keepends=True)
    first, last = int(match[1]), int(match[2] or match[1])
    if not 1 <= first <= min(last, len(lines)):
        raise ContextProviderException(f"`@file:{arg}`: it has no such lines, but {len(lines)} lines.")
    return "".join(lines[first - 1 : last])


def _fenced(text: str) -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text.rstrip()}\n{fence}"
