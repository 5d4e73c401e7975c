"""A JupyterLab server in a process and a home of its own, with this tree's extension."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

from fake_ollama import ELSEWHERE
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from jupyter_ai.keys.names import partner_key_names

__all__ = ["EXTENSION", "TOKEN", "LabServer"]

EXTENSION = Path(__file__).parents[2] / "ui" / "labextension"
TOKEN = "a-token"
PATIENCE = 60.0  # seconds until it must answer

# The environment of the tests has them for one test; here they would only make the start longer.
_UNUSED = filter(find_spec, ("jupyter_server_fileid", "jupyter_server_ydoc"))
_EXTENSIONS = {"jupyter_ai": True, **dict.fromkeys(_UNUSED, False)}
_CONFIG = {
    "ServerApp": {"jpserver_extensions": _EXTENSIONS},
    # Tests reach commands and the shell by `window.jupyterapp`.
    "LabApp": {"expose_app_in_browser": True, "extension_manager": "readonly", "news_url": None},
    "JupyterNotebookApp": {"expose_app_in_browser": True},
}
_DISABLED = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}


class LabServer:
    """Started by `with`, which waits until it answers; killed at the end. Its home outlives a kill."""

    def __init__(self, *options: str, environment: dict[str, str] | None = None) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="lab-"))
        self.root = self.home / "root"
        self.port = _free_port()
        self._options = options
        self._more = environment or {}
        self._log: list[str] = []
        self._reader = threading.Thread()
        self._is_up = threading.Event()
        self._furnish()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What it has logged."""
        return "".join(self._log)

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of a person's is read or written; this tree's extension comes before an installed one."""
        keys = partner_key_names()
        kept = {k: v for k, v in os.environ.items() if not k.startswith("JUPYTER") and k not in keys}
        places = {
            f"JUPYTER_{kind}_DIR": str(self.home / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")
        }
        places |= {"HOME": str(self.home), "JUPYTER_PATH": str(self.home / "jupyter")}
        return {**kept, **places, "OLLAMA_HOST": ELSEWHERE, **self._more}

    def begin(self) -> None:
        """Begin to start it, on the same port and with the same home each time."""
        self._is_up.clear()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *self._arguments()],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            cwd=self.root,
        )
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()

    def wait(self) -> None:
        """Wait until what was begun answers."""
        if not (self._is_up.wait(PATIENCE) and self.is_running and self._answers()):
            self.kill()
            raise RuntimeError(f"The server did not start:\n{self.log[-4000:]}")

    def start(self) -> None:
        """Start it; returns when it answers."""
        self.begin()
        self.wait()

    def kill(self) -> None:
        """End it as `kill -9` does."""
        self._process.kill()
        self._process.wait()
        self._reader.join()

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON that a route answers, below the base URL."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            sent = None if body is None else json.dumps(body)
            connection.request(method, f"/{path}", sent, {"Authorization": f"token {TOKEN}"})
            return json.loads(connection.getresponse().read() or "null")
        finally:
            connection.close()

    def write(self, path: str, text: str) -> None:
        """Write a file below the folder that people see."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def default_chat(self) -> str:
        """The id of the chat that is always there."""
        chats = self.request("GET", "api/ai/chats")["chats"]
        return str(next(chat["id"] for chat in chats if chat["is_default"]))

    async def forget(self) -> None:
        """As it was at first: no files, nothing set, the default chat alone, and in it the greeting alone."""
        self._forget_files()
        for chat in self.request("GET", "api/ai/chats")["chats"]:
            if not chat["is_default"]:
                self.request("DELETE", f"api/ai/chats/{chat['id']}")
            elif chat["title"] != "Chat":
                self.request("PATCH", f"api/ai/chats/{chat['id']}", {"title": "Chat"})
        url = f"ws://127.0.0.1:{self.port}/api/ai/chats"
        chat = await websocket_connect(HTTPRequest(url, headers={"Authorization": f"token {TOKEN}"}))
        await chat.write_message(json.dumps({"type": "clear"}))
        wanted = ["clear", "agent"]
        while wanted:
            frame = json.loads(await chat.read_message() or "")
            if frame["type"] == wanted[0]:
                wanted.pop(0)
        chat.close()

    def _forget_files(self) -> None:
        for name in ("config.json", "secrets.json"):
            (self.home / "data/jupyter_ai" / name).unlink(missing_ok=True)
        shutil.rmtree(self.home / "config/lab/user-settings", ignore_errors=True)
        for path in self.root.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.remove()

    def remove(self) -> None:
        """Remove its home."""
        shutil.rmtree(self.home, ignore_errors=True)

    def _furnish(self) -> None:
        for folder in ("root", "config/labconfig", "jupyter/labextensions"):
            (self.home / folder).mkdir(parents=True)
        (self.home / "config/jupyter_server_config.json").write_text(json.dumps(_CONFIG))
        (self.home / "config/labconfig/page_config.json").write_text(json.dumps(_DISABLED))
        (self.home / "jupyter/labextensions/jupyter-ai-ui").symlink_to(EXTENSION)

    def _arguments(self) -> list[str]:
        return [
            "--no-browser",
            "--allow-root",
            f"--port={self.port}",
            "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={TOKEN}",
            f"--ServerApp.root_dir={self.root}",
            *self._options,
        ]

    def _read_log(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            for line in lines:
                self._log.append(line)
                if "Registered chat handler `help`" in line:  # which it does when it answers already
                    self._is_up.set()
        self._is_up.set()  # or never will be

    def _answers(self) -> bool:
        """Whether it has the commands; the route waits some time for plug-ins that are loading."""
        listed = self.request("GET", "api/ai/chats/slash_commands")["slash_commands"]
        return any(command["slash_id"] == "help" for command in listed)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
