"""The built wheel, installed where the source tree is out of reach; run by `.ci/run wheel` only."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points, files, version
from pathlib import Path

import pytest

PACKAGES = [
    "jupyter_ai",
    "jupyter_ai_builtin_handlers",
    "jupyter_ai_builtin_personas",
    "jupyter_ai_magics",
    "jupyter_ai_persona_manager",
    "mockllm",
]
JUPYTER = Path(sys.executable).with_name("jupyter")


@pytest.mark.parametrize("name", PACKAGES)
def test_package_comes_from_the_wheel_with_its_types(name: str) -> None:
    assert (place := import_module(name).__file__)

    assert Path(place).is_relative_to(sys.prefix)
    assert Path(place).with_name("py.typed").is_file()


def test_answers_of_the_offline_model_are_in_it() -> None:
    data = [path for path in files("jupyter_ai") or [] if path.suffix in {".yaml", ".yml"}]

    assert data
    assert all(Path(str(path.locate())).is_file() for path in data)


def test_pictures_of_personas_are_in_it() -> None:
    from jupyter_ai_builtin_personas import reviewer

    assert Path(reviewer.__file__).with_name("reviewer.svg").is_file()


def test_a_package_is_made_from_the_template_in_it(tmp_path: Path) -> None:
    command = [JUPYTER, "ai", "new", "acme-plugin", "--no-input", "embeddings=yes"]
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert made.returncode == 0, made.stderr
    assert (tmp_path / "acme-plugin/src/acme_plugin/embeddings.py").is_file()
    assert list(tmp_path.rglob("__pycache__")) == []


def test_server_finds_the_extension_without_being_told() -> None:
    config = Path(sys.prefix, "etc/jupyter/jupyter_server_config.d/jupyter_ai.json")

    assert json.loads(config.read_text()) == {"ServerApp": {"jpserver_extensions": {"jupyter_ai": True}}}


def test_jupyterlab_finds_its_extension_without_being_told() -> None:
    extension = Path(sys.prefix, "share/jupyter/labextensions/jupyter-ai-ui")
    package = json.loads((extension / "package.json").read_text())
    build = package["jupyterlab"]["_build"]

    assert (package["name"], package["version"]) == ("jupyter-ai-ui", version("jupyter_ai"))
    assert (extension / build["load"]).is_file()
    assert (extension / "static/style.js").is_file()
    assert json.loads((extension / "install.json").read_text())["packageName"] == "jupyter_ai"


def test_extension_is_a_production_build_alone() -> None:
    extension = Path(sys.prefix, "share/jupyter/labextensions/jupyter-ai-ui")

    assert [path.name for path in extension.rglob("*") if path.suffix in {".map", ".ts", ".tsx"}] == []
    assert sum(path.stat().st_size for path in extension.rglob("*.js")) <= 600_000


@pytest.mark.parametrize("name", ["jupyter_ai_magics", "jupyter_ai_persona_manager", "mockllm"])
def test_name_is_taken_by_a_distribution_without_modules(name: str) -> None:
    modules = [path for path in files(name) or [] if not path.parts[0].endswith(".dist-info")]

    assert modules == []


def _ours(group: str) -> list[EntryPoint]:
    return [point for point in entry_points(group=group) if point.dist and point.dist.name == "jupyter_ai"]


def test_built_in_commands_load() -> None:
    assert {point.name for point in _ours("jupyter_ai.chat_handlers")} >= {
        "default",
        "help",
        "clear",
        "model",
    }

    for point in _ours("jupyter_ai.chat_handlers"):
        point.load()


def test_completions_of_a_fresh_installation_load_and_can_be_told_of() -> None:
    from jupyter_ai.completions import telemetry

    for point in _ours("jupyter_ai.inline_completion_providers"):
        point.load()

    assert len(list(telemetry._SCHEMAS.glob("*.yaml"))) == 3


def test_partner_providers_are_known_without_their_packages() -> None:
    from jupyter_ai_magics.catalogue import card_of

    for point in [*_ours("jupyter_ai.model_providers"), *_ours("jupyter_ai.embeddings_model_providers")]:
        card = card_of(point.value)
        # The distribution jupyter_ai_magics brings this one.
        brought = card is not None and card.requires == ("langchain_community",)
        assert point.name == "mockllm" or (card and card.installed() is brought and card.install_hint), point


def test_mock_server_says_what_installs_it() -> None:
    command = [JUPYTER.with_name("mockllm"), "start"]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=50)

    assert refused.returncode == 1
    assert 'pip install "jupyter_ai[mock]"' in refused.stderr


def test_versions_agree() -> None:
    assert version("jupyter_ai") == import_module("jupyter_ai").__version__


async def test_kit_answers(make_chat) -> None:
    chat = make_chat()

    assert "/help" in (await chat.send("/help")).text


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("home")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")} | {
        "HOME": str(home)
    }
    command = [
        JUPYTER,
        "server",
        "--no-browser",
        "--allow-root",
        "--port=0",
        "--IdentityProvider.token=secret",
    ]
    process = subprocess.Popen(command, cwd=home, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        yield _address(process)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _address(process: "subprocess.Popen[str]") -> str:
    """The server's address, once it has loaded its plug-ins; the pytest time limit ends the wait."""
    log = ""
    assert process.stderr
    for line in process.stderr:
        log += line
        if "Registered chat handler `help`" in line:
            found = re.search(r"http://[\w.]+:(\d+)/", log)
            assert found, log
            return f"http://127.0.0.1:{found[1]}"
    raise AssertionError("the server ended:\n" + log)


def _get(url: str) -> object:
    request = urllib.request.Request(url, headers={"Authorization": "token secret"})
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def test_server_is_healthy(server: str) -> None:
    assert isinstance(_get(f"{server}/api/ai/health"), dict)


def test_server_lists_the_built_in_commands(server: str) -> None:
    answer = _get(f"{server}/api/ai/chats/slash_commands")

    assert {"help", "model"} <= {entry["slash_id"] for entry in answer["slash_commands"]}


def test_server_lists_what_could_be_installed(server: str) -> None:
    providers = {entry["id"]: entry for entry in _get(f"{server}/api/ai/providers")["providers"]}

    assert providers["mockllm"]["installed"]
    assert providers["openai-chat"]["install_hint"] == 'pip install "jupyter_ai[openai]"'


def test_pipe_gets_a_streamed_answer(server: str) -> None:
    command = [JUPYTER, "ai", "chat", "--url", server, "--token", "secret"]
    answer = subprocess.run(command, input="hello\n", capture_output=True, text=True, timeout=50)

    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip()
