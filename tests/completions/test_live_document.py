"""The cells around the cursor, from the live document or from the file."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest

from jupyter_ai.completions import live_document
from jupyter_ai.completions.live_document import LiveDocuments
from jupyter_ai.completions.models import InlineCompletionRequest
from jupyter_ai.completions.notebook_cells import Neighbours

GUARD = 20  # seconds; must not pass


def asks(cell_id: str | None = "b", path: str | None = "n.ipynb", **fields: Any) -> InlineCompletionRequest:
    values = {"number": 1, "prefix": "b = ", "suffix": "", "mime": "", "stream": False, **fields}
    return InlineCompletionRequest(path=path, cell_id=cell_id, **values)


def cell(id: str, source: str | list[str], kind: str = "code") -> dict[str, Any]:
    return {"id": id, "cell_type": kind, "source": source, "metadata": {}}


CELLS = [
    cell("a", ["import os\n", "a = 1"]),
    cell("m", "# Title", "markdown"),
    cell("b", "b = 0  # as it was saved"),
    cell("c", "c = 3"),
    cell("d", "d = 4"),
]


def save(root: Path, cells: list[dict[str, Any]] = CELLS, name: str = "n.ipynb") -> Path:
    path = root / name
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is waited for, however busy the machine is."""
    monkeypatch.setattr(live_document, "_READING", GUARD)


@pytest.fixture
async def documents(tmp_path: Path) -> AsyncIterator[LiveDocuments]:
    found = LiveDocuments({"server_root_dir": str(tmp_path)})
    yield found
    await found.aclose()


async def test_cells_of_the_same_kind_around_the_edited_one(tmp_path: Path, documents: LiveDocuments) -> None:
    save(tmp_path)

    assert await documents.around(asks()) == Neighbours(("import os\na = 1",), ("c = 3", "d = 4"))
    assert await documents.around(asks("c", language="markdown")) == Neighbours(("# Title",))


async def test_prefix_and_suffix_take_the_place_of_the_edited_cell(
    tmp_path: Path, documents: LiveDocuments
) -> None:
    save(tmp_path)
    request = asks(suffix="  # sum")

    prefix, suffix = (await documents.around(request)).joined(request)

    assert prefix == "import os\na = 1\n\nb = "
    assert suffix == "  # sum\n\nc = 3\n\nd = 4"


async def test_a_limit_keeps_the_nearest_cells(tmp_path: Path, documents: LiveDocuments) -> None:
    save(tmp_path)

    assert (await documents.around(asks("d"), limit=10)).before == ("b = 0  # as it was saved", "c = 3")
    assert (await documents.around(asks("d"), limit=5)).before == ("c = 3",)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One for each time that a file is read."""
    found: list[object] = []
    read = live_document.read_confined
    monkeypatch.setattr(live_document, "read_confined", lambda *a: found.append(a) or read(*a))
    return found


async def test_the_file_is_read_once_for_each_time_it_is_saved(
    tmp_path: Path, documents: LiveDocuments, reads: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_document, "_FRESH", 0.0)
    save(tmp_path)
    for _ in range(3):
        await documents.around(asks())
    os.utime(save(tmp_path, CELLS[2:4]), (1, 1))

    assert await documents.around(asks()) == Neighbours((), ("c = 3",))
    assert len(reads) == 2


@pytest.mark.parametrize("content", ['{"cells": 3}', '{"cells": []}' + " " * (4 << 20)])
async def test_a_file_that_is_not_understood_is_read_once_at_most(
    tmp_path: Path,
    documents: LiveDocuments,
    reads: list[object],
    monkeypatch: pytest.MonkeyPatch,
    content: str,
) -> None:
    monkeypatch.setattr(live_document, "_FRESH", 0.0)
    (tmp_path / "n.ipynb").write_text(content)
    for _ in range(3):
        assert await documents.around(asks()) == Neighbours()

    assert len(reads) == (1 if len(content) < 100 else 0)


@pytest.mark.parametrize("path", [".hidden/n.ipynb", "link.ipynb"])
@pytest.mark.parametrize("allowed", [True, False])
async def test_hidden_files_are_read_where_the_contents_manager_allows_it(
    tmp_path: Path, path: str, allowed: bool
) -> None:
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "link.ipynb").symlink_to(save(tmp_path / ".hidden"))
    settings = {"contents_manager": SimpleNamespace(allow_hidden=allowed)}

    found = await LiveDocuments(settings, tmp_path).around(asks(path=path))

    assert bool(found.before) is allowed


def test_providers_of_a_server_share_what_was_read(tmp_path: Path) -> None:
    settings: dict[str, Any] = {}
    first = LiveDocuments.of(settings, tmp_path)

    assert LiveDocuments.of(MappingProxyType(settings), tmp_path) is first
    assert LiveDocuments.of(settings, tmp_path / "other") is not first


async def test_within_a_while_the_file_is_not_looked_at_again(
    tmp_path: Path, documents: LiveDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_document, "_FRESH", 60.0)
    file = save(tmp_path)
    first = await documents.around(asks())
    file.unlink()

    assert await documents.around(asks()) == first


async def test_a_file_that_comes_late_serves_the_next_request(
    tmp_path: Path, documents: LiveDocuments, reads: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path)
    read, may_go_on = live_document.read_confined, threading.Event()
    monkeypatch.setattr(live_document, "read_confined", lambda *a: read(*a) if may_go_on.wait(GUARD) else b"")
    monkeypatch.setattr(live_document, "_READING", 0.01)
    assert await documents.around(asks()) == Neighbours()

    may_go_on.set()
    monkeypatch.setattr(live_document, "_READING", GUARD)

    assert (await documents.around(asks())).after == ("c = 3", "d = 4")
    assert len(reads) == 1


@pytest.mark.parametrize(
    "path", [None, "missing.ipynb", "a.py", "../n.ipynb", "link.ipynb", "broken.ipynb", "\ud800.ipynb"]
)
async def test_what_cannot_be_read_has_no_cells(tmp_path: Path, path: str | None) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    inner = LiveDocuments({}, root_dir=tmp_path / "root")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "broken.ipynb").write_text('{"cells": 3}')
    (tmp_path / "root" / "link.ipynb").symlink_to(save(outside))
    save(tmp_path)

    assert await inner.around(asks(path=path)) == Neighbours()


@pytest.mark.parametrize(
    ("prefix", "before"),
    [("b = 0  # as it was saved", ("import os\na = 1",)), ("new", tuple(CELLS[i]["source"] for i in (2, 3)))],
)
async def test_a_notebook_without_ids(
    tmp_path: Path, documents: LiveDocuments, prefix: str, before: tuple[str, ...]
) -> None:
    save(
        tmp_path,
        [{k: v for k, v in each.items() if k != "id"} for each in CELLS[: 4 if "new" in prefix else 5]],
    )

    assert (await documents.around(asks(prefix=prefix))).before[-len(before) :] == before


class Failing:
    """A collaboration server of an odd version."""

    async def get_document(self, **_: object) -> object:
        raise KeyError("file_id_manager")


class Hanging:
    """One that is opening a large document."""

    async def get_document(self, **_: object) -> object:
        return await asyncio.Event().wait()


@pytest.mark.parametrize("server", [Failing(), Hanging()])
async def test_a_live_document_that_cannot_be_had_leaves_the_file(tmp_path: Path, server: object) -> None:
    save(tmp_path)
    documents = LiveDocuments({"jupyter_server_ydoc": server}, tmp_path)

    assert (await documents.around(asks())).after == ("c = 3", "d = 4")


@pytest.mark.parametrize("cells", [object(), []], ids=["of an odd version", "that is being opened"])
async def test_a_live_document_without_cells_leaves_the_file(tmp_path: Path, cells: object) -> None:
    class Server:
        async def get_document(self, **_: object) -> object:
            return SimpleNamespace(ycells=cells)

    save(tmp_path)
    documents = LiveDocuments({"jupyter_server_ydoc": Server()}, tmp_path)

    assert (await documents.around(asks())).after == ("c = 3", "d = 4")
