"""Which provider an id means, and which installed ones may be used."""

import copy
import pickle
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest

import jupyter_ai_magics.utils as utils
from jupyter_ai_magics import BaseProvider
from jupyter_ai_magics.utils import (
    decompose_model_id,
    get_em_providers,
    get_lm_provider,
    get_lm_providers,
    is_provider_allowed,
)


class Ollama(BaseProvider):
    id = "ollama"
    name = "Ollama"
    models: ClassVar = ["llama3:8b", "phi"]


class Offline(BaseProvider):
    id = "mockllm"
    name = "Offline"
    models: ClassVar = ["offline"]


class Nameless(BaseProvider):
    id = "nameless"


PROVIDERS = {"ollama": Ollama, "mockllm": Offline}


@pytest.mark.parametrize(
    ("model_id", "parts"),
    [
        ("ollama:phi", ("ollama", "phi")),
        ("ollama:llama3:8b", ("ollama", "llama3:8b")),
        ("ollama:not-listed", ("ollama", "not-listed")),
        ("llama3:8b", ("ollama", "llama3:8b")),
        ("phi", ("ollama", "phi")),
        ("offline", ("mockllm", "offline")),
        ("nobody:model", ("nobody", "model")),
        ("nothing", (None, None)),
    ],
)
def test_an_id_names_a_provider_and_a_model(model_id: str, parts: tuple) -> None:
    assert decompose_model_id(model_id, PROVIDERS) == parts


def test_a_provider_is_found_by_a_models_id() -> None:
    assert get_lm_provider("ollama:phi", PROVIDERS) == ("phi", Ollama)
    assert get_lm_provider("nobody:model", PROVIDERS) == ("model", None)
    assert get_lm_provider("nothing", PROVIDERS) == (None, None)


@pytest.mark.parametrize(
    ("allowed", "blocked", "answer"),
    [
        (None, None, True),
        (["p"], None, True),
        (["other"], None, False),
        ([], None, False),
        (None, ["p"], False),
        (["p"], ["p"], False),
    ],
)
def test_a_provider_is_allowed_if_listed_and_not_blocked(allowed, blocked, answer: bool) -> None:
    restrictions = {"allowed_providers": allowed, "blocked_providers": blocked}

    assert is_provider_allowed("p", restrictions) is answer


class FakeEntryPoint:
    """An entry point that says what it would load, and whether it was."""

    def __init__(self, name: str, target: object) -> None:
        self.name, self.value, self.target, self.loaded = name, f"somewhere:{name}", target, False
        self.dist = SimpleNamespace(name="acme", version="1.0")

    def load(self) -> object:
        self.loaded = True
        if isinstance(self.target, BaseException):
            raise self.target
        return self.target


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))

    def install(*entry_points: FakeEntryPoint | EntryPoint) -> None:
        monkeypatch.setattr(utils, "_entry_points", lambda group: list(entry_points))

    return install


def test_installed_providers_are_listed_by_their_id(install, caplog) -> None:
    caplog.set_level("INFO")
    install(FakeEntryPoint("a", Ollama), FakeEntryPoint("b", Offline))

    assert get_lm_providers() == PROVIDERS
    assert "Registered model provider `ollama`." in caplog.messages


def test_one_that_fails_is_logged_and_the_others_load(install, caplog) -> None:
    install(FakeEntryPoint("bad", ImportError("no such module")), FakeEntryPoint("good", Ollama))

    assert get_lm_providers() == {"ollama": Ollama}
    assert caplog.messages == [
        "Cannot load model provider `bad`: importing `somewhere` raised ImportError: no such module"
    ]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SystemExit(3), "raised SystemExit: 3"),
        (ModuleNotFoundError("No module named 'acme_gone'", name="acme_gone"), "`pip install acme-gone`"),
        (
            ImportError("cannot import name 'PromptTemplate' from 'langchain.prompts' (x)"),
            "import `PromptTemplate` from `langchain_core.prompts`",
        ),
        (type("Mute", (Exception,), {"__str__": lambda self: 1 / 0})(), "raised Mute"),
    ],
)
def test_whatever_an_import_raises_is_told_in_one_line(install, caplog, capsys, error, told: str) -> None:
    install(FakeEntryPoint("bad", error), FakeEntryPoint("good", Ollama))

    assert get_lm_providers() == {"ollama": Ollama}
    assert told in caplog.messages[0]
    assert "Logging error" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (object, "it is no subclass of `jupyter_ai_magics.BaseProvider`: derive it from that class"),
        (print, "it is no class: register a class"),
        (
            Nameless,
            "`name` is missing: add `name = …`, a string that is not empty, to the class; "
            "`models` is missing: add `models = …`, a list of strings, to the class",
        ),
    ],
)
def test_what_is_no_provider_is_refused_with_the_reason(install, caplog, target, reason: str) -> None:
    install(FakeEntryPoint("odd", target))

    assert get_lm_providers() == {}
    assert caplog.messages == [f"Cannot use model provider `odd`: somewhere:odd: {reason}."]


def test_the_first_of_two_with_one_id_serves_and_the_other_is_named(install, caplog) -> None:
    class Impostor(Ollama):
        pass

    install(FakeEntryPoint("a", Ollama), FakeEntryPoint("b", Impostor))

    assert get_lm_providers() == {"ollama": Ollama}
    assert "`somewhere:b`: the id is taken already" in caplog.text


def test_a_blocked_provider_is_not_even_imported(install) -> None:
    blocked = FakeEntryPoint("ollama", Ollama)
    install(blocked, FakeEntryPoint("mockllm", Offline))
    restrictions = {"allowed_providers": None, "blocked_providers": ["ollama"]}

    assert get_lm_providers(restrictions=restrictions) == {"mockllm": Offline}
    assert not blocked.loaded


def test_a_provider_blocked_by_its_id_is_left_out_under_any_name(install) -> None:
    install(FakeEntryPoint("another-name", Ollama))

    assert get_lm_providers(restrictions={"blocked_providers": ["ollama"]}) == {}


def test_one_that_is_blocked_by_its_id_is_imported_once_to_learn_it(install) -> None:
    restrictions = {"blocked_providers": ["ollama"]}
    first, second = FakeEntryPoint("another-name", Ollama), FakeEntryPoint("another-name", Ollama)
    for entry_point in (first, second):
        install(entry_point)
        get_lm_providers(restrictions=restrictions)

    assert (first.loaded, second.loaded) == (True, False)


def test_our_partner_providers_are_listed_by_their_cards_and_imported_on_access(install) -> None:
    entry_point = FakeEntryPoint("openai-chat", Ollama)
    entry_point.value = "jupyter_ai_magics.partner_providers.openai:ChatOpenAIProvider"
    install(entry_point)
    providers = get_lm_providers()

    assert decompose_model_id("gpt-4o", providers) == ("openai-chat", "gpt-4o")
    assert not entry_point.loaded
    assert providers["openai-chat"] is Ollama
    assert list(providers) == ["openai-chat"]


def test_one_that_cannot_be_imported_is_logged_and_left_out(install, caplog) -> None:
    entry_point = FakeEntryPoint("openai-chat", ImportError("no such module"))
    entry_point.value = "jupyter_ai_magics.partner_providers.openai:ChatOpenAIProvider"
    install(entry_point)
    providers = get_lm_providers()

    assert "openai-chat" not in providers
    assert "Cannot load model provider `openai-chat`" in caplog.messages[-1]


def test_they_come_in_a_real_dictionary(install) -> None:
    broken = FakeEntryPoint("openai-chat", ImportError("no such module"))
    broken.value = "jupyter_ai_magics.partner_providers.openai:ChatOpenAIProvider"
    install(broken, FakeEntryPoint("ollama", Ollama))

    providers = get_lm_providers()

    assert isinstance(providers, dict)
    whole = {"ollama": Ollama}
    assert [dict(providers), {**providers}, providers | {}, {} | providers] == [whole] * 4
    assert (list(providers), len(providers), providers == whole) == (["ollama"], 1, True)
    assert (pickle.loads(pickle.dumps(providers)), copy.copy(providers)) == (whole, whole)


def test_embedding_providers_are_listed_likewise(install, caplog) -> None:
    install(FakeEntryPoint("odd", object))

    assert get_em_providers() == {}
    assert "it is no subclass of `jupyter_ai_magics.BaseEmbeddingsProvider`" in caplog.text
