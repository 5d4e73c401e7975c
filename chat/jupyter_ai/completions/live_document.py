"""The cells around the cursor, from the document that is being edited together or from the file."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import OrderedDict
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

from jupyter_ai.completions.models import InlineCompletionRequest
from jupyter_ai.completions.notebook_cells import Cells, FileCells, LiveCells, Neighbours, neighbours
from jupyter_ai.confined import confine, read_confined
from jupyter_ai.errors import FileRefused
from jupyter_ai_magics.threads import run_in_thread

__all__ = ["LiveDocuments"]

_log = logging.getLogger(__name__)

_MOST_BYTES = 4 << 20  # of a file; a larger one takes too long for a suggestion
_MOST_KEPT = 16  # notebooks
_FRESH = 1.0  # seconds in which a file that was looked at is not looked at again
_OPENING = 0.1  # seconds that a live document is waited for
_READING = 0.1  # seconds that a file is waited for; one that comes later serves the next request
_SHARED = "jai_live_documents"  # the key of the server's settings
_RTC = "RTC:"  # how JupyterLab calls the drive of what is edited together


@dataclass(frozen=True, slots=True)
class _Saved:
    """A notebook as it was in the file with this time of change and size."""

    stamp: tuple[int, int]
    cells: FileCells | None  # None: it is too large, or cannot be understood
    looked: float
    """When the file was looked at."""


class LiveDocuments:
    """Reads notebooks for completion providers. Belongs to the event loop; one for all requests.

    A notebook that people have open as a collaborative document (`jupyter-server-ydoc`) is read as it is at
    this moment, another one from its file, once for each time it is saved, which is seen within a second.
    Only what lies below `root_dir` is read, links resolved; unless given, that is the server's root. Hidden
    files are read where the server's contents manager allows them, and files of more than 4 MB never.
    """

    def __init__(self, server_settings: Mapping[str, Any], root_dir: str | Path | None = None) -> None:
        self._settings = server_settings
        self._root = Path(root_dir or server_settings.get("server_root_dir") or ".").expanduser()
        self._saved: OrderedDict[str, _Saved] = OrderedDict()
        self._reading: dict[str, asyncio.Task[FileCells | None]] = {}
        self._places: dict[str, int] = {}  # where the edited cell of a document was

    @classmethod
    def of(cls, server_settings: Mapping[str, Any], root_dir: str | Path | None = None) -> LiveDocuments:
        """Those that all providers of a server share, so that each file is read once for all of them."""
        made = cls(server_settings, root_dir)
        shared = server_settings.get(_SHARED)
        if isinstance(shared, cls) and shared._root == made._root:
            return shared
        if shared is None and isinstance(server_settings, MutableMapping):
            server_settings[_SHARED] = made
        return made

    async def around(self, request: InlineCompletionRequest, limit: int | None = None) -> Neighbours:
        """The cells around the one of the request, of the same kind: code, or Markdown.

        `limit`: about how many characters on each side, the nearest first; None: all. None are there for a
        file that is no notebook, for one that cannot be read, and for one that takes longer than 0.1 s the
        first time. Never raises but for being cancelled, which leaves the reading of the file to go on.
        """
        path = _relative(request.path)
        if path is None or (_is_hidden(PurePosixPath(path)) and not self._allows_hidden):
            return Neighbours()
        cells = await self._live(path)
        if cells is None:
            cells = await self._from_file(path)
        if cells is None:
            return Neighbours()
        try:
            found, self._places[path] = neighbours(cells, request, limit, self._places.get(path, 0))
        except Exception as error:  # noqa: BLE001 - the document is another package's, of any version
            _log.debug("The live document of %s cannot be read: %r", path, error)
            return Neighbours()
        if len(self._places) > 8 * _MOST_KEPT:
            self._places.clear()
        return found

    async def aclose(self) -> None:
        """Wait no longer for files that are being read."""
        for reading in list(self._reading.values()):
            reading.cancel()
        if self._reading:
            await asyncio.wait(self._reading.values())

    @property
    def _allows_hidden(self) -> bool:
        return bool(getattr(self._settings.get("contents_manager"), "allow_hidden", False))

    async def _live(self, path: str) -> Cells | None:
        documents = self._settings.get("jupyter_server_ydoc")
        if documents is None:
            return None
        try:
            # The document itself: a copy would take the time of all its outputs, and nothing is changed.
            async with asyncio.timeout(_OPENING):  # it may be waiting for a document that is being opened
                document = await documents.get_document(
                    path=path, content_type="notebook", file_format="json", copy=False
                )
            cells = getattr(document, "ycells", None)
            # Who asks is in a cell: without any, the document is being opened still.
            return LiveCells(cells) if cells is not None and len(cells) else None
        except Exception as error:  # noqa: BLE001 - as above; the file is there still
            _log.debug("There is no live document of %s: %r", path, error)
            return None

    async def _from_file(self, path: str) -> Cells | None:
        known = self._saved.get(path)
        if known is not None and time.monotonic() - known.looked < _FRESH:
            return known.cells
        reading = self._reading.get(path)
        if reading is None:
            reading = asyncio.create_task(self._read(path), name="read a notebook for completion")
            self._reading[path] = reading
            reading.add_done_callback(lambda _: self._reading.pop(path, None))
        await asyncio.wait([reading], timeout=_READING)
        return reading.result() if reading.done() and not reading.cancelled() else None

    async def _read(self, path: str) -> FileCells | None:
        try:
            known, hidden = self._saved.get(path), self._allows_hidden
            saved = await run_in_thread(_read_file, path, self._root, known, hidden)
        except (FileRefused, OSError, ValueError) as error:  # the last of these: no file has such a name
            _log.debug("No cells of %s: %s", path, error)
            self._saved.pop(path, None)
            return None
        self._saved[path] = saved
        self._saved.move_to_end(path)
        if len(self._saved) > _MOST_KEPT:
            self._saved.popitem(last=False)
        return saved.cells


def _read_file(path: str, root: Path, known: _Saved | None, hidden: bool) -> _Saved:
    """What a file holds, unless it is known. Blocks. Raises `FileRefused` and `OSError`."""
    now = time.monotonic()
    real = confine(path, root)
    if not hidden and _is_hidden(real.relative_to(os.path.realpath(root))):
        raise FileRefused(f"`{path}` is hidden, and the server's contents manager does not allow that.")
    found = os.stat(real)
    stamp = (found.st_mtime_ns, found.st_size)
    if known is not None and known.stamp == stamp:
        return replace(known, looked=now)
    return _Saved(stamp, _cells(path, root) if found.st_size <= _MOST_BYTES else None, now)


def _cells(path: str, root: Path) -> FileCells | None:
    content = read_confined(path, root, _MOST_BYTES)
    try:
        return FileCells(content)
    except ValueError as error:
        _log.debug("No cells of %s: %s", path, error)
        return None


def _is_hidden(path: PurePath) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _relative(path: str | None) -> str | None:
    """The path of a notebook below the root; None of what is none."""
    path = (path or "").removeprefix(_RTC).lstrip("/")
    parts = PurePosixPath(path).parts
    return path if path.endswith(".ipynb") and ".." not in parts and "\0" not in path else None
