"""`/summarize` in a chat without a server, and the text of a notebook."""

import nbformat
import pytest
from jupyter_ai_notebook_summary import SummarizeChatHandler
from jupyter_ai_notebook_summary.notebook import as_text
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from jupyter_ai.testing import FakeModel


@pytest.fixture
def notebook(tmp_path):
    path = tmp_path / "whales.ipynb"
    cells = [new_markdown_cell("# Whales"), new_code_cell(""), new_code_cell("count = 2")]
    nbformat.write(new_notebook(cells=cells), path)
    return path


def test_empty_cells_are_left_out_and_numbers_stay(notebook):
    assert as_text(notebook) == "[1] markdown\n# Whales\n\n[3] code\ncount = 2"


def test_head_and_foot_of_a_long_notebook_are_kept(notebook):
    text = as_text(notebook, most=20)

    assert text.startswith("[1] markdo")
    assert text.endswith("\ncount = 2")
    assert "characters are left out" in text


async def test_summary_is_streamed(make_chat, notebook):
    model = FakeModel(["Two ", "whales."])
    chat = make_chat(handlers=[SummarizeChatHandler], model=model)

    reply = await chat.send("/summarize whales.ipynb -n 1")

    assert reply.chunks == ["Two ", "whales."]
    assert reply.pending == ["Reading whales.ipynb"]
    [[system, human]] = model.asked
    assert "at most 1 sentences" in system.content
    assert human.content == as_text(notebook)


@pytest.mark.parametrize("file", ["none.ipynb", "../whales.ipynb", "text.ipynb", "empty.ipynb"])
async def test_what_cannot_be_read_is_told_and_the_model_is_not_asked(make_chat, tmp_path, file):
    (tmp_path / "text.ipynb").write_text("no JSON")
    (tmp_path / "empty.ipynb").write_text("{}")
    model = FakeModel(["never"])
    chat = make_chat(handlers=[SummarizeChatHandler], model=model)

    reply = await chat.send(f"/summarize {file}")

    assert reply.text.startswith(f"`{file}` cannot be summarized: ")
    assert model.asked == []
