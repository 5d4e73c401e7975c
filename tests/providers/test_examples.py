"""The published examples of providers, as a third party's code, run unchanged."""

import asyncio
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import MappingProxyType, ModuleType, SimpleNamespace

import pytest
from langchain_core.language_models import FakeListLLM

from jupyter_ai_magics import BaseProvider
from jupyter_ai_magics.models.completion import InlineCompletionRequest
from jupyter_ai_magics.utils import get_lm_provider, get_lm_providers

EXAMPLES = Path(__file__).parent / "examples"


def load_example(name: str) -> ModuleType:
    spec = spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def install_module(monkeypatch: pytest.MonkeyPatch, name: str, **contents: object) -> None:
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        monkeypatch.setitem(sys.modules, ".".join(parts[:depth]), ModuleType(".".join(parts[:depth])))
    vars(sys.modules[name]).update(contents)


def a_request(**fields: object) -> InlineCompletionRequest:
    defaults = {"number": 7, "prefix": "pre", "suffix": " suf ", "mime": "text/x-python", "stream": True}
    return InlineCompletionRequest(**{**defaults, **fields})


@pytest.fixture
def completion_provider(monkeypatch: pytest.MonkeyPatch) -> BaseProvider:
    module = load_example("completion_provider")
    yields = asyncio.sleep
    monkeypatch.setattr(module.asyncio, "sleep", lambda _: yields(0))
    return module.MyCompletionProvider(model_id="model_a")


async def test_a_completion_provider_replies_with_several_suggestions(completion_provider) -> None:
    reply = await completion_provider.generate_inline_completions(a_request())

    assert [item.insertText for item in reply.list.items] == [
        "An ant minding its own business",
        "A bug searching for a snack",
    ]
    assert reply.reply_to == 7


async def test_a_completion_provider_streams_several_suggestions_at_once(completion_provider) -> None:
    first, *chunks = [part async for part in completion_provider.stream_inline_completions(a_request())]
    last = {chunk.response.token: chunk.response.insertText for chunk in chunks if chunk.done}

    assert [item.token for item in first.list.items] == ["t7s0", "t7s1"]
    assert last == {
        "t7s0": "An elephant dancing in the rain",
        "t7s1": " A flock of birds flying around a mountain",
    }


class YNotebook:
    def __init__(self, *cells: tuple[str, str, str]) -> None:
        self.ycells = [
            {"id": id, "cell_type": cell_type, "source": SimpleNamespace(to_py=lambda text=text: text)}
            for id, cell_type, text in cells
        ]


class Documents:
    def __init__(self, document: object) -> None:
        self.document = document

    async def get_document(self, path: str, content_type: str, file_format: str) -> object:
        return self.document


async def complete_in_notebook(monkeypatch: pytest.MonkeyPatch, settings: dict[str, object]) -> str:
    install_module(monkeypatch, "jupyter_ydoc", YNotebook=YNotebook)
    monkeypatch.setattr(BaseProvider, "server_settings", MappingProxyType(settings))
    provider = load_example("notebook_provider").MyCompletionProvider(model_id="model_a")
    reply = await provider.generate_inline_completions(a_request(path="a.ipynb", cell_id="2"))
    return reply.list.items[0].insertText


async def test_a_provider_reads_the_live_notebook_through_the_server_settings(monkeypatch) -> None:
    notebook = YNotebook(
        ("1", "code", "one"), ("m", "markdown", "words"), ("2", "code", "pre"), ("3", "code", "three")
    )

    assert await complete_in_notebook(monkeypatch, {"jupyter_server_ydoc": Documents(notebook)}) == (
        "<one\n\npre|suf\n\nthree>"
    )


async def test_without_a_live_notebook_the_cell_is_all_there_is(monkeypatch) -> None:
    assert await complete_in_notebook(monkeypatch, {}) == "<pre|suf>"


@pytest.fixture
def my_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package of the developers' guide, as pip would have installed it."""
    (tmp_path / "my_provider.py").write_bytes((EXAMPLES / "my_provider.py").read_bytes())
    metadata = tmp_path / "my_package-0.0.1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: my_package\nVersion: 0.0.1\n")
    entry_points = "[jupyter_ai.model_providers]\nmy-provider = my_provider:MyProvider\n"
    (metadata / "entry_points.txt").write_text(entry_points)
    monkeypatch.syspath_prepend(tmp_path)
    install_module(monkeypatch, "langchain_community.llms", FakeListLLM=FakeListLLM)
    yield
    sys.modules.pop("my_provider", None)


@pytest.mark.usefixtures("my_package")
async def test_an_installed_provider_is_registered_and_answers(caplog) -> None:
    caplog.set_level("INFO")
    providers = get_lm_providers()
    local_id, provider = get_lm_provider("my_provider:model_b", providers)

    assert "Registered model provider `my_provider`." in caplog.messages
    assert await provider(model_id=local_id).ainvoke("hello") == "This is a response from model 'b'"
