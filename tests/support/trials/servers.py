"""A Jupyter Server in a process and a home of its own, with the plug-ins of this package."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from trials.plugin import MODEL, install

__all__ = ["Server"]

_TOKEN = "a-token"
_PATIENCE = 60.0
_SUPPORT = Path(__file__).parents[1]


class Server:
    """Started by `with`, which waits until it answers; killed at the end."""

    def __init__(self, *options: str) -> None:
        self.token = _TOKEN
        self._home = Path(tempfile.mkdtemp(prefix="trial-"))
        self._options = options
        self._log = self._home / "server.log"

    @property
    def log(self) -> str:
        """What it has logged."""
        return self._log.read_text(errors="replace")

    def cpu(self) -> float:
        """Seconds of processor time that it has used."""
        times = self._stats.cpu_times()
        return float(times.user + times.system)

    def memory(self) -> float:
        """Its resident memory in MB."""
        return float(self._stats.memory_info().rss) / 1e6

    def request(self, method: str, path: str, body: str | None = None) -> Any:
        """The JSON that a route answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        try:
            connection.request(method, path, body, {"Authorization": f"token {_TOKEN}"})
            return json.loads(connection.getresponse().read() or "null")
        finally:
            connection.close()

    def __enter__(self) -> Server:
        site = install(self._home / "site")
        for name in ("config", "root"):
            (self._home / name).mkdir()
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "PYTHON", "MOCKLLM"))}
        places = {
            f"JUPYTER_{kind}_DIR": str(self._home / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")
        }
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jupyter_server", *self._arguments()],
                env={**kept, **places, "PYTHONPATH": os.pathsep.join([str(_SUPPORT), str(site)])},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._home,
            )
        self._stats = psutil.Process(self._process.pid)
        try:
            self.port = self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._home, ignore_errors=True)

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(_PATIENCE)

    def _arguments(self) -> list[str]:
        return [
            "--no-browser",
            "--allow-root",
            "--port=0",
            f"--IdentityProvider.token={_TOKEN}",
            f"--ServerApp.root_dir={self._home / 'root'}",
            "--ServerApp.jpserver_extensions={'jupyter_ai': True}",
            f"--AiExtension.default_language_model={MODEL}",
            *self._options,
        ]

    def _wait(self) -> int:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and self._process.poll() is None:
            port = self._found_port()
            if port is not None:
                return port
            time.sleep(0.02)
        raise RuntimeError(f"The server did not start:\n{self.log[-2000:]}")

    def _found_port(self) -> int | None:
        try:
            told = json.loads((self._home / "runtime" / f"jpserver-{self._process.pid}.json").read_text())
            self.port = int(told["port"])
            return self.port if "chats" in self.request("GET", "/api/ai/chats") else None
        except (OSError, ValueError, http.client.HTTPException):
            return None
