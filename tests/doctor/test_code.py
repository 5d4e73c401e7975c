"""What code imports that has moved is told with file, line and the import to use; the code is not run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from package_site import package_site

from jupyter_ai.doctor.code import code_in
from jupyter_ai.doctor.finding import Finding
from jupyter_ai.doctor.later_names import LATER_MODULES

OLD = {
    "from langchain.pydantic_v1 import BaseModel": "import `BaseModel` from `pydantic`",
    "from langchain.prompts import PromptTemplate": "import `PromptTemplate` from `langchain_core.prompts`",
    "from langchain.embeddings import OpenAIEmbeddings": "import `OpenAIEmbeddings` from `langchain_openai`",
    "import langchain.vectorstores": "import `langchain_community.vectorstores`",
    "from jupyter_ai_router import MessageRouter": LATER_MODULES["jupyter_ai_router"],
    "from jupyter_ai.chat_handlers import BaseChatHandlr": (
        "`jupyter_ai.chat_handlers` has no `BaseChatHandlr` (it has `BaseChatHandler`)"
    ),
    "import jupyter_ai.nowhere": "jupyter_ai has no module `jupyter_ai.nowhere`",
}
FINE = (
    "from langchain_core.prompts import PromptTemplate",
    "from jupyter_ai.chat_handlers import BaseChatHandler",
    "from jupyter_ai import chat_handlers",
    "from langchain.agents import create_agent",
    "from langchain.agents.middleware.types import AgentState",
    "from .langchain import prompts",
    "import os",
)
GUARDED = (
    "try:\n    from langchain.prompts import X\nexcept ImportError:\n    X = None",
    "try:\n    from x import X\nexcept (ValueError, ImportError):\n    from langchain.prompts import X",
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from langchain.prompts import X",
)


def findings(folder: Path, source: str) -> list[Finding]:
    (folder / "acme.py").write_text(source)
    return code_in(folder)


@pytest.mark.parametrize(("source", "remedy"), OLD.items())
def test_what_has_moved_is_told_with_what_to_import(tmp_path: Path, source: str, remedy: str) -> None:
    (finding,) = findings(tmp_path, f"raise SystemExit\n\n{source}\n")

    assert (finding.where, finding.remedy) == (f"{tmp_path / 'acme.py'}:3", remedy)


@pytest.mark.parametrize("source", FINE)
def test_what_has_not_moved_is_well(tmp_path: Path, source: str) -> None:
    (finding,) = findings(tmp_path, source)

    assert (finding.level, finding.text) == ("ok", "nothing that is imported has moved (files: 1)")


@pytest.mark.parametrize("source", GUARDED)
def test_what_the_code_goes_on_without_is_a_note(tmp_path: Path, source: str) -> None:
    (finding,) = findings(tmp_path, source)

    assert finding.level == "note"


def test_what_is_no_python_is_told_with_its_line(tmp_path: Path) -> None:
    (finding,) = findings(tmp_path, "x = 1\nclass\n")

    assert (finding.level, finding.where) == ("problem", f"{tmp_path / 'acme.py'}:2")


def test_environments_and_what_is_built_are_left_out(tmp_path: Path) -> None:
    for folder in ("env/lib", "node_modules/x", "build/lib", ".tox/x"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "old.py").write_text("import langchain.llms\n")
    (tmp_path / "env" / "pyvenv.cfg").write_text("")

    assert [finding.level for finding in findings(tmp_path, "")] == ["ok"]


def test_what_still_works_with_an_older_langchain_is_a_warning(tmp_path: Path) -> None:
    with package_site(tmp_path) as site:
        site.describe("langchain", "0.3.27", "")
        (finding,) = findings(site.path / "langchain-0.3.27.dist-info", "import langchain.llms\n")

    assert (finding.level, finding.text) == ("warning", "deprecated: LangChain 1.x has it no more")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")

    assert [finding.level for finding in findings(tmp_path, "")] == ["ok"]


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    (finding,) = findings(tmp_path, "#" * (2 << 20) + "\n")

    assert (finding.level, finding.text) == ("note", "it was not read: it has more than 2 MiB")


def test_a_deep_expression_hides_no_import(tmp_path: Path) -> None:
    (finding,) = findings(tmp_path, f"x = {' + '.join('a' * 1500)}\nimport langchain.llms\n")

    assert finding.where == f"{tmp_path / 'acme.py'}:2"
