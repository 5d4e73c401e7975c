"""The command `jupyter ai`, as people and scripts run it."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fake_ollama import find_nothing

from jupyter_ai import __version__
from jupyter_ai.cli import main
from jupyter_ai.keys.log_redaction import stop_redacting
from jupyter_ai.keys.redaction import active_redactors
from jupyter_ai.personas.allowed_folders import AllowedFolders

CLI = [sys.executable, "-c", "from jupyter_ai.cli import main; main()"]
ANSWERS = f"""
settings: {{delay_ms: 0.1}}
responses: {{hello: "Hello **there**", count: "{"one " * 100_000}"}}
defaults: {{unknown_response: "What?"}}
"""
GUARD = 30  # seconds; must not pass

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, in a Jupyter of the test's own where no server runs."""
    for kind in ("CONFIG", "DATA", "RUNTIME"):
        monkeypatch.setenv(f"JUPYTER_{kind}_DIR", str(tmp_path / kind.lower()))
    monkeypatch.setenv("JUPYTER_NO_CONFIG", "1")
    monkeypatch.delenv("JUPYTER_TOKEN", raising=False)
    find_nothing(monkeypatch)
    monkeypatch.setenv("MOCKLLM_RESPONSES", str(tmp_path / "answers.yaml"))
    (tmp_path / "answers.yaml").write_text(ANSWERS)
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run(folder: Path) -> Iterator[Run]:
    """Runs the command in this process."""
    yield lambda *arguments, stdin="": CliRunner().invoke(main, arguments, input=stdin)
    for redactor in active_redactors():  # a command's lasts as long as its process
        stop_redacting(redactor)


@pytest.fixture
def broken_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package whose plug-in cannot be imported."""
    info = tmp_path / "site" / "broken-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text("[jupyter_ai.chat_handlers]\nbad = broken_module:Handler\n")
    (tmp_path / "site" / "broken_module.py").write_text("raise ValueError('not today')\n")
    monkeypatch.syspath_prepend(tmp_path / "site")


def test_help_lists_the_commands(run: Run) -> None:
    result = run("--help")

    assert result.exit_code == 0
    assert all(word in result.output for word in ("chat", "plugins", "--version"))


def test_version(run: Run) -> None:
    assert run("--version").output == f"jupyter-ai {__version__}\n"


def test_help_is_light() -> None:
    program = "import jupyter_ai.cli, sys; print(*{name.partition('.')[0] for name in sys.modules})"

    modules = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout.split()

    assert set(modules) & {"click", "rich", "prompt_toolkit", "tornado", "pydantic", "asyncio"} == {"click"}


# plugins


def test_plugins_lists_each_on_a_line(run: Run) -> None:
    lines = [line.split("\t") for line in run("plugins").output.splitlines()]

    package = f"jupyter_ai {__version__}"
    assert ["jupyter_ai.chat_handlers", "help", "/help", package, "loaded", ""] in lines


def test_plugins_lists_the_persona_files_that_are_allowed(run: Run, folder: Path, tmp_path: Path) -> None:
    place = folder / ".jupyter" / "personas"
    place.mkdir(parents=True)
    (place / "bad.py").write_text("raise ValueError('not today')")
    before = run("plugins").output

    AllowedFolders(tmp_path / "data" / "jupyter_ai" / "persona-folders.json").allow("", place)
    (line,) = [line for line in run("plugins").output.splitlines() if "bad.py" in line]

    assert "bad.py" not in before
    assert line.split("\t")[:5] == ["jupyter_ai.personas", "bad.py", "", "(local file)", "failed"]
    assert f"ValueError: not today ({place / 'bad.py'}:1)" in line


def test_plugins_tells_why_one_failed(run: Run, broken_package: None) -> None:
    result = run("plugins")

    (line,) = [line for line in result.output.splitlines() if "broken" in line]
    assert result.exit_code == 0
    assert line.split("\t")[:5] == ["jupyter_ai.chat_handlers", "bad", "", "broken 1.2", "failed"]
    assert "not today" in line


def test_plugins_strict_fails_if_one_did(run: Run, broken_package: None) -> None:
    assert run("plugins", "--strict").exit_code == 1


def test_plugins_strict_is_content(run: Run) -> None:
    assert run("plugins", "--strict").exit_code == 0


def test_plugins_json_has_the_traceback(run: Run, broken_package: None) -> None:
    plugins = json.loads(run("plugins", "--json").output)["plugins"]

    (bad,) = [plugin for plugin in plugins if plugin["name"] == "bad"]
    assert (bad["state"], bad["distribution"], bad["version"]) == ("failed", "broken", "1.2")
    assert "ValueError: not today" in bad["traceback"]


def test_plugins_shows_no_key(
    run: Run, broken_package: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_API_KEY", "sk-planted-0123456789")
    (tmp_path / "site" / "broken_module.py").write_text(
        "import os; raise ValueError(os.environ['ACME_API_KEY'])"
    )

    for options in ((), ("--json",)):
        told = run("plugins", *options).output
        assert "ValueError: [ACME_API_KEY]" in told
        assert "planted" not in told


def test_plugins_reload_without_a_server_is_told(run: Run) -> None:
    result = run("plugins", "--reload")

    assert result.exit_code == 2
    assert "No server runs that could reload its plug-ins." in result.stderr


# doctor


def test_doctor_tells_of_a_broken_plug_in(run: Run, broken_package: None, tmp_path: Path) -> None:
    result = run("doctor", "--no-model", "-v")

    (line,) = [line.split("\t") for line in result.stdout.splitlines() if "bad of broken 1.2" in line]
    assert result.exit_code == 1
    assert line[:2] == ["plug-ins", "problem"]
    assert line[4] == f"{tmp_path / 'site' / 'broken_module.py'}:1"
    assert "ValueError: not today" in result.stderr


def test_doctor_json_has_the_traceback(run: Run, broken_package: None) -> None:
    report = json.loads(run("doctor", "--no-model", "--json").stdout)

    (bad,) = [finding for finding in report["findings"] if finding["name"] == "bad of broken 1.2"]
    assert report["ok"] is False
    assert "ValueError: not today" in bad["traceback"]


def test_doctor_reads_the_code_at_a_path_alone(run: Run, folder: Path) -> None:
    (folder / "later.py").write_text("import jupyter_ai_litellm\n")
    result = run("doctor", "later.py")

    (fields,) = [line.split("\t") for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert fields[:3] == ["code", "problem", "jupyter_ai_litellm"]
    assert fields[3:5] == ["not in this version of jupyter_ai", "later.py:1"]


def test_doctor_is_content_with_good_code(run: Run, folder: Path) -> None:
    (folder / "new.py").write_text("import os\n")

    assert run("doctor", ".").exit_code == 0


def test_doctor_of_a_path_that_is_not_there_is_a_usage_error(run: Run) -> None:
    assert run("doctor", "nowhere").exit_code == 2


def test_doctor_tells_of_settings_that_are_wrong(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JUPYTER_NO_CONFIG")
    (tmp_path / "config").mkdir()
    wrong = '{"AiExtension": {"key_store": "nowhere"}}'
    (tmp_path / "config" / "jupyter_server_config.json").write_text(wrong)
    result = run("doctor", "--no-model")

    assert result.exit_code == 1
    assert "key_store" in result.stderr


# chat


def test_the_whole_of_standard_input_is_a_prompt(run: Run) -> None:
    result = run("chat", stdin="/help\n")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("Hello, I am Jupyternaut.")
    assert "* `/clear`: " in result.stdout
    assert "\x1b" not in result.stdout


def test_words_are_a_prompt(run: Run) -> None:
    assert run("chat", "who", "are", "you").stdout == "What?\n"
    assert run("chat", "hello").stdout == "Hello **there**\n"


def test_what_could_be_chosen_is_no_part_of_the_answer(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-0123456789")

    result = run("chat", "hello")

    assert result.stdout == "Hello **there**\n"
    assert "`OPENAI_API_KEY` in the environment: `/model openai-chat:" in result.stderr
    assert "sk-planted" not in result.output


def test_the_chat_is_kept(run: Run) -> None:
    run("chat", "--new", "A title", "hello")
    run("chat", "--new=", "the first prompt")

    chats = [line.split("  ", 1)[1] for line in run("chat", "--list").stdout.splitlines()]
    assert {"A title", "the first prompt"} <= set(chats)
    assert run("chat", "--chat", "A title", "hello").exit_code == 0


def test_a_chat_that_is_not_there_is_told(run: Run) -> None:
    result = run("chat", "--chat", "nowhere", "hello")

    assert result.exit_code == 2
    assert result.stderr == (
        "Error: There is no chat 'nowhere'. `jupyter ai chat --list` shows the chats and their ids.\n"
    )


def test_a_server_that_is_not_there_is_told(run: Run) -> None:
    result = run("chat", "--url", "http://127.0.0.1:1", "hello")

    assert result.exit_code == 2
    assert "No server answers at http://127.0.0.1:1/. Start one with `jupyter server`." in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [("--url", "http://h", "--local"), ("--chat", "x", "--new=y"), ("  ",), ()],
    ids=["url and local", "chat and new", "blank prompt", "empty input"],
)
def test_what_makes_no_sense_is_a_usage_error(run: Run, arguments: tuple[str, ...]) -> None:
    result = run("chat", *arguments)

    assert result.exit_code == 2
    assert "Usage: " in result.stderr


def test_a_second_process_is_told_of_its_own_file(run: Run, folder: Path, tmp_path: Path) -> None:
    from filelock import FileLock

    from jupyter_ai.engine.store import store_path

    path = store_path(tmp_path / "data", str(folder))
    path.parent.mkdir(parents=True)
    with FileLock(f"{path}.lock"):
        result = run("chat", "/help")

    assert result.exit_code == 0
    assert f"{path} is in use by another server" in result.stderr


# In a terminal


class Terminal:
    """The command in a pseudo-terminal."""

    def __init__(self, *arguments: str) -> None:
        self.screen = b""
        self._mine, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 80, 0, 0))
        self.process = subprocess.Popen(
            [*CLI, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        self._news = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._mine, self._read)

    def press(self, keys: str) -> None:
        os.write(self._mine, keys.encode())

    async def sees(self, text: str) -> None:
        async with asyncio.timeout(GUARD):
            while text.encode() not in self.screen:
                self._news.clear()
                await self._news.wait()

    async def ends(self) -> int:
        async with asyncio.timeout(GUARD):
            return await asyncio.to_thread(self.process.wait)

    def close(self) -> None:
        self._loop.remove_reader(self._mine)
        os.close(self._mine)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def _read(self) -> None:
        try:
            data = os.read(self._mine, 1 << 16)
        except OSError:  # the other end is closed
            self._loop.remove_reader(self._mine)
            return
        if b"\x1b[6n" in data:  # where is the cursor?
            os.write(self._mine, b"\x1b[1;1R")
        self.screen += data
        self._news.set()


@pytest.fixture
async def terminal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TERM", "xterm-256color")
    terminals: list[Terminal] = []

    def start(*arguments: str) -> Terminal:
        terminals.append(Terminal(*arguments))
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.close()


async def test_a_conversation(terminal: Callable[..., Terminal]) -> None:
    there = terminal("chat", "--local")
    await there.sees("Ctrl-D leaves")
    there.press("hello\r")
    await there.sees("Hello \x1b[1mthere")
    there.press("\x04")

    assert await there.ends() == 0


async def test_ctrl_c_stops_the_answer_to_a_question(terminal: Callable[..., Terminal]) -> None:
    there = terminal("chat", "--local", "count")
    await there.sees("one one one")
    there.process.send_signal(signal.SIGINT)

    assert await there.ends() == 130
    assert b"(AI response stopped by user)" in there.screen
