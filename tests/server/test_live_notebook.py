"""A notebook that people edit together is completed from what it holds now, not from its file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from serving import Serve

from jupyter_ai.completions.live_document import LiveDocuments
from jupyter_ai.completions.models import InlineCompletionRequest
from jupyter_ai.completions.notebook_cells import Neighbours

CELL = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}


async def test_unsaved_cells_of_a_collaborative_notebook_are_seen(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("jupyter_server_ydoc")
    cells = [{"id": "a", "source": "saved = 1", **CELL}, {"id": "b", "source": "", **CELL}]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    monkeypatch.chdir(tmp_path)  # where it keeps the changes
    server = await serve(config={"BaseFileIdManager": {"db_path": str(tmp_path / "ids.db")}})
    manager = server.app.extension_manager
    for name in ("jupyter_server_fileid", "jupyter_server_ydoc"):
        manager.add_extension(name, enabled=True)
        manager.link_extension(name)
        manager.load_extension(name)
    (tmp_path / "root" / "n.ipynb").write_text(json.dumps(notebook))
    live = await server.settings["jupyter_server_ydoc"].get_document(
        path="n.ipynb", content_type="notebook", file_format="json", copy=False, create=True
    )
    source = live.ycells[0]["source"]
    source += "\ntyped = 2"

    documents = LiveDocuments(server.settings, tmp_path / "root")
    request = InlineCompletionRequest(
        number=1, prefix="x = ", suffix="", mime="text/x-python", stream=False, path="n.ipynb", cell_id="b"
    )

    assert await documents.around(request) == Neighbours(("saved = 1\ntyped = 2",))
