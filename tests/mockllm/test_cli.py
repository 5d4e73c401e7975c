"""The command `mockllm`."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from mockllm.cli import main
from mockllm.registry import registry

RULES = "responses: {hello: Hi}\nrules: [{exact: hang, answer: a b c, faults: {token_ms: 3600000}}]\n"

PROVIDER = """\
from mockllm.providers.base import LLMProvider
from mockllm.registry import register_provider


@register_provider("ours", config_schema={"properties": {"version": {"type": "string"}}})
class Ours(LLMProvider):
    pass
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MOCKLLM_RESPONSES", raising=False)
    (tmp_path / "rules.yml").write_text(RULES)
    (tmp_path / "ours.py").write_text(PROVIDER)
    yield tmp_path
    registry.remove("ours")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_a_valid_file_is_valid() -> None:
    result = run("validate", "rules.yml")

    assert (result.exit_code, result.output) == (0, "rules.yml is valid: 2 rules.\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("responses:\n  a: [b]", "Error: f.yml, line 2: `responses.a` must be text."),
        ("responses: [", "Error: f.yml, line 1: this is not YAML"),
        (None, "Error: f.yml cannot be read: No such file or directory."),
    ],
)
@pytest.mark.parametrize("command", [("validate",), ("start", "--port", "0", "--responses")])
def test_a_wrong_file_is_refused_with_line_and_key(folder: Path, command, text, message: str) -> None:
    if text is not None:
        (folder / "f.yml").write_text(text)

    result = run(*command, "f.yml")

    assert result.exit_code == 1
    assert message in result.output


def test_a_provider_from_a_file_has_its_configuration_checked(folder: Path) -> None:
    (folder / "f.yml").write_text("providers: {ours: {version: 2}}")

    result = run("validate", "f.yml", "--provider", "ours.py")

    assert result.exit_code == 1
    assert "f.yml: `providers.ours.version` does not suit the provider `ours`: 2 is not of" in result.output


def test_a_configuration_for_nobody_is_a_warning(folder: Path) -> None:
    (folder / "f.yml").write_text("providers: {ours: {version: 2}}")

    result = run("validate", "f.yml")

    assert result.exit_code == 0
    assert "Warning: f.yml: no provider is called `ours` (`providers.ours`)." in result.output


def test_a_provider_from_a_module_of_this_folder_is_registered(monkeypatch) -> None:
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each])

    assert run("validate", "rules.yml", "--provider", "ours").exit_code == 0
    assert registry.get("ours").target == "ours.Ours"
    del sys.modules["ours"]


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (
            "no.such",
            "Error: The provider module no.such cannot be loaded: ModuleNotFoundError: No module named",
        ),
        ("no.py", "Error: The provider module no.py cannot be loaded: FileNotFoundError"),
        ("bad.py", "Error: The provider module bad.py cannot be loaded: SystemExit: 3."),
    ],
)
@pytest.mark.parametrize("command", [("validate", "rules.yml"), ("start", "--port", "0")])
def test_a_module_that_fails_is_named_with_the_reason(
    folder: Path, command, module: str, message: str
) -> None:
    (folder / "bad.py").write_text("raise SystemExit(3)")

    result = run(*command, "--provider", module)

    assert result.exit_code == 1
    assert message in result.output


@pytest.mark.parametrize(
    "arguments",
    [("start", "--nonsense"), ("start", "--port", "70000"), ("stop",)]
    + [
        ("start", "--responses", "rules.yml", "--port", "0", "--record", url)
        for url in ("x", "ftp://x", "http://", "https://:80", "http://x:99999", "http://[")
    ]
    + [("start", "--record", "http://x")],  # without a file
)
def test_wrong_usage_ends_with_2(arguments) -> None:
    assert run(*arguments).exit_code == 2


def test_a_port_in_use_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        result = run("start", "--port", port)

    assert result.exit_code == 1
    assert f"Error: Cannot listen at port {port} of 127.0.0.1: it is in use." in result.output


def test_without_the_extra_it_says_what_to_install(monkeypatch) -> None:
    monkeypatch.delitem(sys.modules, "mockllm.runner", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)

    result = run("start", "--port", "0")

    assert result.exit_code == 1
    assert 'needs uvicorn, which is not installed: pip install "jupyter_ai[mock]"' in result.output


def test_without_jsonschema_it_says_what_to_install(folder: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    (folder / "f.yml").write_text("providers: {ours: {version: 2}}")

    for command in (("start", "--port", "0"), ("validate", "f.yml")):
        result = run(*command)
        assert result.exit_code == 1
        assert 'needs jsonschema, which is not installed: pip install "jupyter_ai[mock]"' in result.output
    assert run("validate", "rules.yml").exit_code == 0


def test_what_is_no_regular_file_is_refused(folder: Path) -> None:
    os.mkfifo(folder / "pipe")

    result = run("validate", "pipe")

    assert (result.exit_code, result.output) == (1, "Error: pipe is no regular file.\n")


def test_a_server_answers_until_ctrl_c_with_a_stream_open(folder: Path) -> None:
    command = [sys.executable, "-m", "mockllm", "start", "--port", "0", "--host", "0.0.0.0"]
    command += ["--responses", "rules.yml", "--provider", "ours.py", "--log-level", "warning"]
    environment = {**os.environ, "PYTHONWARNINGS": "error", "NO_PROXY": "*"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "Answers from rules.yml.\n"
        line = server.stdout.readline()
        [port] = re.findall(r"MockLLM at http://0\.0\.0\.0:(\d+) \(Ctrl-C ends it\)", line)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            answer = client.post("/v1/ours/chat", json={"prompt": "hello"})
            with client.stream("POST", "/v1/ours/chat", json={"prompt": "hang", "stream": True}) as response:
                chunks = response.iter_bytes()  # kept: without it the response would be closed from here
                next(chunks)
                server.send_signal(signal.SIGINT)
                rest, errors = server.communicate(timeout=10)

    assert answer.json()["response"] == "Hi"
    assert (server.returncode, rest) == (0, "")
    assert errors == "Warning: whoever can reach this port can use it: there is no authentication.\n"
