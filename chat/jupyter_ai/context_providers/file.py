"""`@file:path`: a file in the server's root, some lines of it, the files of a pattern, or a folder."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import replace
from pathlib import Path

from jupyter_ai.attachments import Attachment
from jupyter_ai.config.naming import told
from jupyter_ai.confined import Entry, confine, list_confined
from jupyter_ai.context_providers.attached import ATTACHED, missing_cells, reference_of
from jupyter_ai.context_providers.base import (
    BaseCommandContextProvider,
    ContextCommand,
    ContextProviderException,
    find_commands,
    unescape,
)
from jupyter_ai.context_providers.globbing import Glob, has_pattern
from jupyter_ai.context_providers.images import IMAGE_TOKENS, image_part
from jupyter_ai.context_providers.inclusions import current_inclusions
from jupyter_ai.context_providers.reading import Reference, listing, read_file
from jupyter_ai.context_providers.text import fenced
from jupyter_ai.errors import FileRefused
from jupyter_ai.models import HumanChatMessage, ListOptionsEntry

__all__ = ["FILE_CONTEXT_TEMPLATE", "FOLDER_CONTEXT_TEMPLATE", "SUPPORTED_EXTS", "FileContextProvider"]

FILE_CONTEXT_TEMPLATE = """\
The person refers to the file {filepath}, which holds:

{content}"""
"""How a file is shown to a model: `{filepath}` and `{content}`."""

FOLDER_CONTEXT_TEMPLATE = """\
The person refers to the folder `{folder}`, in which are:

{content}"""
"""How a folder is shown to a model: `{folder}` and `{content}`."""

SUPPORTED_EXTS = {
    *(".c", ".cfg", ".cpp", ".css", ".csv", ".docx", ".gif", ".go", ".h", ".html", ".ini", ".ipynb"),
    *(".java", ".jl", ".jpeg", ".jpg", ".js", ".json", ".jsx", ".md", ".pdf", ".png", ".pptx", ".py"),
    *(".qmd", ".R", ".Rmd", ".rs", ".rst", ".sh", ".sql", ".tex", ".toml", ".ts", ".tsv", ".tsx", ".txt"),
    *(".webp", ".xlsx", ".xml", ".yaml", ".yml"),
}
"""The suffixes of files that are completed; what is named in full is read whatever its suffix."""

_MOST_FILES = 50  # of one pattern
_MOST_OPTIONS = 100
_MOST_ENTRIES = 10_000  # of a folder, to complete from


class FileContextProvider(BaseCommandContextProvider):
    """Adds files to what the model reads: `@file:a.py`, `@file:a.py#L10-40`, `@file:"a b.txt"`.

    `@file:a.ipynb` is shown as its cells, `@file:a.ipynb#outputs` with their outputs, a PDF or office file as
    its text, `@file:src/` as a listing, `@file:src/*.py` as the first 50 files that match. Paths are relative
    to the server's root, and no other file is read, whatever links say. A text may have 1 MiB, an image 5, a
    notebook 16, a document 32. What is attached to a message is read likewise.
    """

    id = "file"
    help = "Adds a file to what the model reads"
    requires_arg = True

    def get_arg_options(self, arg_prefix: str) -> list[ListOptionsEntry]:
        """The files and folders that begin so, 100 at most; hidden ones if the prefix begins with a dot."""
        typed = unescape(arg_prefix.lstrip("\"'"))
        folder, _, start = typed.rpartition("/")
        try:
            entries = list_confined(folder or ".", self.root_dir, _MOST_ENTRIES)
        except FileRefused:
            return []
        found = [
            entry for entry in entries if entry.name.startswith(start) and self._is_offered(entry, start)
        ]
        prefix = f"{folder}/" if "/" in typed else ""
        return [self._option(prefix, entry) for entry in found[:_MOST_OPTIONS]]

    def _is_offered(self, entry: Entry, start: str) -> bool:
        hidden = entry.name.startswith(".") and not start.startswith(".")
        if hidden or not entry.name.startswith(start):
            return False
        return entry.is_dir or Path(entry.name).suffix in SUPPORTED_EXTS

    def _option(self, prefix: str, entry: Entry) -> ListOptionsEntry:
        if entry.is_dir:
            return self._make_arg_option(f"{prefix}{entry.name}/", is_complete=False, description="Folder")
        return self._make_arg_option(f"{prefix}{entry.name}", description=self.get_file_type(entry.name))

    def get_file_type(self, filepath: str) -> str:
        """What kind of file this is, for people: by its suffix."""
        suffix = Path(filepath).suffix.removeprefix(".")
        return f"{suffix} file" if suffix else "File"

    def get_filepaths(self, message: HumanChatMessage) -> list[str]:
        """The paths that `message` names, as it names them, without their lines."""
        return [Reference.parse(command.arg or "").path for command in find_commands(self, message.prompt)]

    async def make_context_prompt(self, message: HumanChatMessage) -> str:
        """What is attached to `message`, and then what its commands add."""
        parts = [await self._attached(attachment) for attachment in message.attachments]
        return "\n\n".join(filter(None, [*parts, await super().make_context_prompt(message)]))

    async def _make_context_prompt(self, message: HumanChatMessage, commands: list[ContextCommand]) -> str:
        return "\n\n".join([await self._shown(command) for command in commands])

    def _replace_command(self, command: ContextCommand) -> str:
        return f"`{command.arg}`"

    async def _shown(self, command: ContextCommand) -> str:
        """What one command adds. Raises `ContextProviderException`."""
        reference = Reference.parse(command.arg or "")
        try:
            if has_pattern(reference.path) and (glob := await asyncio.to_thread(self._glob, reference.path)):
                return await self._matches(command, reference, glob)
            return await self._file_or_folder(command, reference, command.arg or "")
        except FileRefused as error:
            hint = _with_slashes(command.cmd)
            raise ContextProviderException(f"`{told(command.cmd)}`: {error}{hint}") from None

    async def _attached(self, attachment: Attachment) -> str:
        """What one attachment adds; why not, where it cannot be read: the message is answered even so."""
        reference, inclusions = reference_of(attachment), current_inclusions()
        if not inclusions.room:
            return inclusions.leave_out(ATTACHED, reference.name)
        try:
            return await self._file_or_folder(ContextCommand(cmd=ATTACHED), reference, reference.name)
        except FileRefused as error:
            return inclusions.leave_out(ATTACHED, reference.name, str(error))

    def _glob(self, path: str) -> Glob | None:
        """The pattern that a path is, unless there is a file of this name. Blocks. Raises `FileRefused`."""
        is_file = os.path.exists(confine(path, self.root_dir)) and ".." not in path.split("/")
        return None if is_file else Glob(path, self.root_dir)

    async def _file_or_folder(self, command: ContextCommand, reference: Reference, name: str) -> str:
        """What a model is shown of a file, or of what a folder holds. Raises `FileRefused`."""
        found = await asyncio.to_thread(self._listing, reference.path)
        if found is None:
            return await self._file(command, reference, name)
        text = self._include(command, found, name=reference.path, kind="listing")
        return FOLDER_CONTEXT_TEMPLATE.format(folder=reference.path, content=fenced(text))

    def _listing(self, path: str) -> str | None:
        """What a folder holds; None for a file. Blocks. Raises `FileRefused`."""
        is_folder = os.path.isdir(confine(path, self.root_dir))
        return listing(path, self.root_dir) if is_folder else None

    async def _matches(self, command: ContextCommand, reference: Reference, glob: Glob) -> str:
        """The files that match, one after the other, and the names of those for which there is no room."""
        paths = await asyncio.to_thread(glob.files)
        if not paths:
            raise FileRefused("no file matches.")
        parts = [await self._match(command, replace(reference, path=p)) for p in paths[:_MOST_FILES]]
        rest = paths[_MOST_FILES:]
        if rest or glob.is_cut:
            reason = f"only the first {len(paths) - len(rest)} files are read"
            parts.append(current_inclusions().leave_out(command.cmd, ", ".join(rest[:9]) or "others", reason))
        return "\n\n".join(parts)

    async def _match(self, command: ContextCommand, reference: Reference) -> str:
        if not current_inclusions().room:
            return current_inclusions().leave_out(command.cmd, reference.path)
        try:
            return await self._file(command, reference, reference.path)
        except FileRefused as error:
            return current_inclusions().leave_out(command.cmd, reference.path, str(error))

    async def _file(self, command: ContextCommand, reference: Reference, name: str) -> str:
        """What a model is shown of one file. Raises `FileRefused`."""
        shown = await asyncio.to_thread(read_file, reference, self.root_dir)
        if shown.image is not None:
            part = image_part(shown.image)
            if not getattr(self._chosen_model(), "takes_images", False):
                raise FileRefused("the chosen model takes no images, as far as is known.")
            return current_inclusions().include_image(command.cmd, name, part, IMAGE_TOKENS)
        text = self._include(command, shown.text, name=name, kind=shown.kind)
        left_out = missing_cells(command.cmd, name, shown.missing)
        return FILE_CONTEXT_TEMPLATE.format(filepath=f"`{name}`", content=fenced(text)) + left_out


def _with_slashes(command: str) -> str:
    """Advice where folders are separated as on Windows: there a backslash is before letters."""
    written = re.sub(r"\\(?=[\w.*])", "/", command)
    return f" Folders are separated by `/`: `{told(written)}`." if written != command else ""
