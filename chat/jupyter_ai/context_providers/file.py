"""`@file:path`: a file in the server's root, some lines of it, the files of a pattern, or a folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
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
from jupyter_ai.context_providers.hints import hint_at
from jupyter_ai.context_providers.images import IMAGE_TOKENS, image_part
from jupyter_ai.context_providers.inclusions import current_inclusions, fair_shares
from jupyter_ai.context_providers.reading import Reference, Shown, read_any
from jupyter_ai.context_providers.text import fenced
from jupyter_ai.engine.frame import encodable
from jupyter_ai.errors import FileRefused
from jupyter_ai.models import HumanChatMessage, ListOptionsEntry
from jupyter_ai_magics.threads import run_in_thread

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
    _nothing = "no file"

    def get_arg_options(self, arg_prefix: str) -> list[ListOptionsEntry]:
        """The files and folders that begin so, 100 at most; hidden ones if the prefix begins with a dot."""
        typed = unescape(arg_prefix.lstrip("\"'"))
        folder, _, start = typed.rpartition("/")
        try:
            entries = list_confined(folder or ".", self.root_dir, _MOST_ENTRIES)
        except FileRefused:
            return []
        found = [entry for entry in entries if self._is_offered(entry, start)]
        prefix = f"{folder}/" if "/" in typed else ""
        return [self._option(prefix, entry) for entry in found[:_MOST_OPTIONS]]

    def _is_offered(self, entry: Entry, start: str) -> bool:
        hidden = entry.name.startswith(".") and not start.startswith(".")
        is_writable = entry.name == encodable(entry.name)  # nobody can type what is not UTF-8
        if hidden or not is_writable or not entry.name.startswith(start):
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
        """What is attached to `message`, and what its commands add, for which room is made first."""
        added = await super().make_context_prompt(message)
        attached = await self._attached(message.attachments) if message.attachments else []
        return "\n\n".join(filter(None, [*attached, added]))

    async def _make_context_prompt(self, message: HumanChatMessage, commands: list[ContextCommand]) -> str:
        return "\n\n".join([await self._shown(command, message.prompt) for command in commands])

    def _replace_command(self, command: ContextCommand) -> str:
        return f"`{command.arg}`"

    async def _shown(self, command: ContextCommand, prompt: str) -> str:
        """What one command of `prompt` adds. Raises `ContextProviderException`."""
        reference = Reference.parse(command.arg or "")
        try:
            if has_pattern(reference.path) and (glob := await run_in_thread(self._glob, reference.path)):
                return await self._matches(command, reference, glob)
            shown = await run_in_thread(read_any, reference, self.root_dir)
            return self._included(command.cmd, command.arg or "", shown)
        except FileRefused as error:
            hint = await run_in_thread(hint_at, command, prompt, self.root_dir)
            raise ContextProviderException(f"`{told(command.cmd)}`: {error}{hint}") from None

    async def _attached(self, attachments: Sequence[Attachment]) -> list[str]:
        """What each adds; why not, where it cannot be read: the message is answered even so."""
        references, room = [reference_of(attachment) for attachment in attachments], current_inclusions().room
        if not room:
            return [current_inclusions().leave_out(ATTACHED, reference.name) for reference in references]
        read = [await run_in_thread(self._attempt, reference) for reference in references]
        shares = fair_shares([shown.tokens if isinstance(shown, Shown) else 0 for shown in read], room)
        return [
            self._included_or_not(ATTACHED, reference.name, shown, most)
            for reference, shown, most in zip(references, read, shares, strict=True)
        ]

    def _attempt(self, reference: Reference) -> Shown | FileRefused:
        try:
            return read_any(reference, self.root_dir)
        except FileRefused as error:
            return error

    def _glob(self, path: str) -> Glob | None:
        """The pattern that a path is, unless there is a file of this name. Blocks. Raises `FileRefused`."""
        is_file = os.path.exists(confine(path, self.root_dir)) and ".." not in path.split("/")
        return None if is_file else Glob(path, self.root_dir)

    async def _matches(self, command: ContextCommand, reference: Reference, glob: Glob) -> str:
        """The files that match, one after the other, and the names of those for which there is no room."""
        paths = await run_in_thread(glob.files)
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
        shown = await run_in_thread(self._attempt, reference)
        return self._included_or_not(command.cmd, reference.path, shown)

    def _included_or_not(
        self, command: str, name: str, shown: Shown | FileRefused, most: int | None = None
    ) -> str:
        """As `_included`; where that is refused, a word for the model and for the person."""
        try:
            if isinstance(shown, FileRefused):
                raise shown
            return self._included(command, name, shown, most)
        except FileRefused as error:
            return current_inclusions().leave_out(command, name, str(error))

    def _included(self, command: str, name: str, shown: Shown, most: int | None = None) -> str:
        """What a model reads of a file or folder, in at most `most` tokens. Raises `FileRefused`."""
        if shown.image is not None:
            part = image_part(shown.image)
            if not getattr(self._chosen_model(), "takes_images", False):
                raise FileRefused("the chosen model takes no images, as far as is known.")
            return current_inclusions().include_image(command, name, part, IMAGE_TOKENS)
        content = fenced(current_inclusions().include(command, name, shown.text, shown.kind, most))
        if shown.kind == "listing":
            return FOLDER_CONTEXT_TEMPLATE.format(folder=name, content=content)
        left_out = missing_cells(command, name, shown.missing)
        return FILE_CONTEXT_TEMPLATE.format(filepath=f"`{name}`", content=content) + left_out
