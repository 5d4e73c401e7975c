"""The published examples of providers, as a third party's code; what was restored is said in each."""

import asyncio
import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import MappingProxyType, ModuleType, SimpleNamespace

import pytest
from naps import patch_sleep

from jupyter_ai.config_manager import ConfigManager
from jupyter_ai.plugins import MODEL_PROVIDERS, PluginRegistry
from jupyter_ai.plugins.validation import PluginError, import_class
from jupyter_ai_magics import BaseProvider
from jupyter_ai_magics.models.completion import InlineCompletionRequest
from jupyter_ai_magics.utils import get_lm_provider, get_lm_providers

EXAMPLES = Path(__file__).parent / "examples"
PACKAGES = Path(__file__).parents[1] / "packages"


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
    patch_sleep(monkeypatch, module, "asyncio", lambda _: yields(0))
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


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pip put the package of the developers' guide, which is installed as it was printed."""
    source = tmp_path_factory.mktemp("source") / "my_package"
    shutil.copytree(PACKAGES / "my_package", source)  # setuptools builds in the folder of the sources
    target = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--target", str(target)]
    subprocess.run([*pip, *options, str(source)], check=True)
    return target


@pytest.fixture
def my_package(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(installed))
    yield
    sys.modules.pop("my_provider", None)


@pytest.mark.usefixtures("my_package")
async def test_an_installed_provider_is_registered_and_answers(caplog) -> None:
    caplog.set_level("INFO")
    providers = get_lm_providers()
    local_id, provider = get_lm_provider("my_provider:model_b", providers)

    assert "Registered model provider `my_provider`." in caplog.messages
    assert await provider(model_id=local_id).ainvoke("hello") == "This is a response from model 'b'"


@pytest.mark.usefixtures("my_package")
def test_an_installed_provider_is_found_by_the_registry_of_a_server(caplog) -> None:
    caplog.set_level("INFO", logger="jupyter_ai.plugins")
    registry = PluginRegistry()
    registry.discover()
    registry.load(MODEL_PROVIDERS)

    assert "Registered model provider `my_provider`." in caplog.messages
    assert registry.provider(MODEL_PROVIDERS, "my_provider").__name__ == "MyProvider"


async def test_a_provider_takes_its_key_and_its_fields() -> None:
    given: dict[str, str] = {}

    class Spied(load_example("keyed_provider").MyProvider):
        def __init__(self, **kwargs: str) -> None:
            given.update(kwargs)
            super().__init__(**kwargs)

    config = {"model_provider_id": "my_provider:model_a", "api_keys": {"MY_API_KEY": "secret"}}
    config |= {"fields": {"my_provider:model_a": {"my_llm_parameter": "1", "custom_config": '{"a": 1}'}}}
    manager = ConfigManager(logging.getLogger(__name__), {"my_provider": Spied}, {}, config)

    model = manager.lm_provider(**manager.lm_provider_params)

    assert await model.ainvoke("hello") == "This is a response from model 'a'"
    assert (given["my_api_key_param"], given["my_llm_parameter"]) == ("secret", "1")
    assert json.loads(given["custom_config"]) == {"a": 1}
    assert [field.format for field in Spied.fields] == ["text", "json"]


async def test_an_embeddings_provider_embeds() -> None:
    provider = load_example("embeddings_provider").MyEmbeddingsProvider(model_id="my_model")

    assert len(await provider.aembed_query("hello")) == 300


def test_a_prompt_template_is_customized() -> None:
    provider = load_example("prompt_template_provider").MyProvider(model_id="model_a")

    assert "source code only" in provider.get_prompt_template("code").format(prompt="Sort a list.")
    assert provider.get_prompt_template("text").format(prompt="Sort a list.") == "Sort a list."


@pytest.mark.parametrize(
    ("example", "printed", "advised"),
    [
        ("embeddings_provider", "langchain.embeddings", "langchain_core.embeddings"),
        ("prompt_template_provider", "langchain.prompts", "langchain_core.prompts"),
    ],
)
def test_the_imports_as_printed_are_answered_with_those_of_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, example: str, printed: str, advised: str
) -> None:
    source = (EXAMPLES / f"{example}.py").read_text().replace(f"from {advised}", f"from {printed}")
    (tmp_path / "as_printed.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(sys.modules, "langchain", None)  # as if it were not installed

    with pytest.raises(PluginError, match=f"from `{advised}`"):
        import_class("as_printed:MyProvider", "my_package 0.0.1")
