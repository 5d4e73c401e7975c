"""A plug-in from before LangChain 1.x is told what to import instead."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import langchain_core
import pytest

from jupyter_ai.plugins.validation import PluginError, import_class

# As in LangChain 1.x: some modules are gone, others have lost names.
LANGCHAIN = {
    "__init__": "",
    "agents": "",
    "chat_models": "",
    "embeddings": "init_embeddings = None",
    "tools": "",
}

ADVICE = {
    "from langchain.prompts import PromptTemplate": (
        "`langchain.prompts` does not exist in LangChain 1.x: "
        "import `PromptTemplate` from `langchain_core.prompts`"
    ),
    "from langchain.pydantic_v1 import BaseModel, Field": (
        "`langchain.pydantic_v1` does not exist in LangChain 1.x: import `BaseModel`, `Field` from `pydantic`"
    ),
    "from langchain.schema import (\n    Document,\n    HumanMessage,\n)": (
        "`langchain.schema` does not exist in LangChain 1.x: import `Document` from "
        "`langchain_core.documents` and `HumanMessage` from `langchain_core.messages`"
    ),
    "from langchain.llms import FakeListLLM": "import `FakeListLLM` from `langchain_core.language_models`",
    "from langchain.llms.base import LLM": "import `LLM` from `langchain_core.language_models`",
    "from langchain.text_splitter import X": "import `X` from `langchain_text_splitters`",
    "from langchain.chains import LLMChain": "import `LLMChain` from `langchain_classic.chains`",
    "import langchain.vectorstores": "import `langchain_community.vectorstores`",
    "from langchain.prompts import *": "import `langchain_core.prompts`",
    "from langchain.schema import *": "import `langchain_classic.schema`",
    "from langchain.cache import InMemoryCache": "import `InMemoryCache` from `langchain_core.caches`",
    "from langchain.cache import SQLiteCache": "import `SQLiteCache` from `langchain_community.cache`",
    "from langchain.storage import InMemoryStore": "import `InMemoryStore` from `langchain_core.stores`",
    "from langchain.storage import RedisStore": "import `RedisStore` from `langchain_classic.storage`",
    "from langchain.utils import get_from_env": "import `get_from_env` from `langchain_core.utils`",
    "from langchain.load import dumps": "import `dumps` from `langchain_core.load`",
    "from langchain.hub import pull": "import `pull` from `langchain_classic.hub`",
    "try:\n    import langchain.llms\nexcept ImportError as e:\n    raise RuntimeError from e": (
        "import `langchain_community.llms`"
    ),
}

LOST = {
    "from langchain.embeddings import FakeEmbeddings": (
        "`langchain.embeddings` has no `FakeEmbeddings` in LangChain 1.x: "
        "import `FakeEmbeddings` from `langchain_core.embeddings`"
    ),
    "from langchain.chat_models import ChatOpenAI": "import `ChatOpenAI` from `langchain_openai`",
    "from langchain.agents import AgentExecutor": "import `AgentExecutor` from `langchain_classic.agents`",
    "from langchain.tools import StructuredTool": "import `StructuredTool` from `langchain_core.tools`",
    "from langchain.tools import ShellTool": "import `ShellTool` from `langchain_community.tools`",
    "from langchain import PromptTemplate": (
        "`langchain` has no `PromptTemplate` in LangChain 1.x: "
        "import `PromptTemplate` from `langchain_core.prompts`"
    ),
}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in [name for name in sys.modules if name.partition(".")[0] == "langchain"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] in ("langchain", "acme_old")]:
        del sys.modules[name]


@pytest.fixture
def langchain_1(site: Path) -> None:
    (site / "langchain").mkdir()
    for name, source in LANGCHAIN.items():
        (site / "langchain" / f"{name}.py").write_text(source)
    importlib.invalidate_caches()


@pytest.fixture
def no_langchain(monkeypatch: pytest.MonkeyPatch, site: Path) -> None:
    monkeypatch.setattr(sys, "meta_path", [_Hides(), *sys.meta_path])


class _Hides:
    """As if LangChain were not installed."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "langchain":
            raise ModuleNotFoundError("No module named 'langchain'", name="langchain")


def failure(site: Path, source: str) -> str:
    (site / "acme_old.py").write_text(f"import os\n\n{source}\n")
    importlib.invalidate_caches()
    with pytest.raises(PluginError) as caught:
        import_class("acme_old:Provider", "acme 1.0")
    return str(caught.value)


@pytest.mark.usefixtures("langchain_1")
@pytest.mark.parametrize(("source", "advice"), {**ADVICE, **LOST}.items(), ids=range(len({**ADVICE, **LOST})))
def test_with_langchain_1_the_new_import_is_named(site: Path, source: str, advice: str) -> None:
    assert advice in failure(site, source)


@pytest.mark.usefixtures("no_langchain")
@pytest.mark.parametrize(("source", "advice"), {**ADVICE, **LOST}.items(), ids=range(len({**ADVICE, **LOST})))
def test_without_langchain_as_well(site: Path, source: str, advice: str) -> None:
    assert failure(site, source).endswith(advice.partition(": ")[2] or advice)


@pytest.mark.skipif(langchain_core.VERSION.startswith("0."), reason="LangChain 0.3 still has these")
@pytest.mark.parametrize(
    ("source", "advice"),
    {
        "from langchain_core.pydantic_v1 import Field": "import `Field` from `pydantic`",
        "from langchain_core.memory import BaseMemory": "`BaseMemory` from `langchain_classic.base_memory`",
    }.items(),
)
def test_what_the_core_has_given_up_is_named_too(site: Path, source: str, advice: str) -> None:
    assert failure(site, source).endswith(advice)


def test_of_two_attempts_the_last_one_is_told(site: Path) -> None:
    source = "try:\n    import langchain.gone\nexcept ImportError:\n    import acme_gone"

    assert "needs the module `acme_gone`" in failure(site, source)


@pytest.mark.usefixtures("no_langchain")
def test_what_langchain_1_still_has_is_to_be_installed(site: Path) -> None:
    assert "`pip install langchain`" in failure(site, "from langchain.agents import create_agent")


def test_another_failure_is_told_as_before(site: Path) -> None:
    told = failure(site, "import acme_gone")

    assert "needs the module `acme_gone`" in told
    assert "`pip install acme-gone`" in told
