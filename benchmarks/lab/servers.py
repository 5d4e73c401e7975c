"""The processes under test: Jupyter Servers in a home of their own, and helpers started beside them."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab.machine import CpuClock, pin

__all__ = ["TOKEN", "Helper", "JupyterServer", "StartFailed"]

TOKEN = "benchmark"
_BENCHMARKS = Path(__file__).parents[1]
_START = 60  # seconds
_COMPLETING = ("Instant", "Long", "Hanging", "Failing", "Third")


class StartFailed(Exception):
    """A server did not answer in time, or ended; the text is the end of its log."""


class JupyterServer:
    """A Jupyter Server with a home of its own; use it with `with`.

    `python` runs it, so that a server of another installation can be compared. The extension is switched on
    or off, whatever that installation has enabled; with a `model` it has the benchmark's plug-in package.
    """

    def __init__(
        self,
        python: str = sys.executable,
        *,
        extension: bool = True,
        model: str = "",
        options: Sequence[str] = (),
    ) -> None:
        self.port = _free_port()
        self._home = Path(tempfile.mkdtemp(prefix="benchmark-"))
        self._log = self._home / "server.log"
        environment = _environment(self._home, plugin=bool(model))
        with self._log.open("wb") as log:
            self.started = time.perf_counter()
            self._process = subprocess.Popen(
                [python, "-m", "jupyter_server", *self._options(extension, model), *options],
                cwd=self._home,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.cpu = CpuClock(self.pid)

    @property
    def pid(self) -> int:
        """Of the server's process."""
        return self._process.pid

    @property
    def chat_url(self) -> str:
        """The WebSocket of the default chat."""
        return f"ws://127.0.0.1:{self.port}/api/ai/chats?token={TOKEN}"

    @property
    def completion_url(self) -> str:
        """The WebSocket of editors."""
        return f"ws://127.0.0.1:{self.port}/api/ai/completion/inline?token={TOKEN}"

    @property
    def log(self) -> str:
        """What the server has logged."""
        return self._log.read_text(errors="replace")

    def wait(self) -> float:
        """Return when the server answers: the seconds since its process was started. Raises `StartFailed`."""
        while time.perf_counter() - self.started < _START:
            if self._process.poll() is not None:
                break
            if _answers(self.port):
                return time.perf_counter() - self.started
            time.sleep(0.002)
        raise StartFailed(self.log[-2000:])

    def pin(self, core: int) -> None:
        """Keep it on one core."""
        pin(self.pid, [core])

    def close(self) -> None:
        """Kill it and remove its home."""
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._home, ignore_errors=True)

    def __enter__(self) -> JupyterServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _options(self, extension: bool, model: str) -> list[str]:
        model_option = [f"--AiExtension.default_language_model={model}"] if model else []
        return [
            "--no-browser",
            "--allow-root",
            f"--port={self.port}",
            "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={TOKEN}",
            f"--ServerApp.root_dir={self._home}",
            f"--ServerApp.jpserver_extensions={{'jupyter_ai': {extension}}}",
            *model_option,
        ]


class Helper:
    """A module of `lab` that runs as a program and speaks JSON lines; use it with `async with`."""

    def __init__(self, module: str, *options: str) -> None:
        self._command = [sys.executable, "-m", f"lab.{module}", *options]
        self.greeting: dict[str, Any] = {}  # its first line

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid

    async def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """Send a line and return the answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        return await self._line()

    async def __aenter__(self) -> Helper:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            env={**os.environ, "PYTHONPATH": _python_path()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.cpu = CpuClock(self.pid)
        self.greeting = await self._line()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise StartFailed(f"{' '.join(self._command)} ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _environment(home: Path, *, plugin: bool) -> dict[str, str]:
    if plugin:
        _write_metadata(home / "plugins")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "PYTHON", "MOCKLLM"))}
    places = {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    return {**kept, **places, **({"PYTHONPATH": _python_path(str(home / "plugins"))} if plugin else {})}


def _python_path(*more: str) -> str:
    return os.pathsep.join([str(_BENCHMARKS), str(_BENCHMARKS / "lab" / "plugin"), *more])


def _write_metadata(place: Path) -> None:
    """Make the plug-in package known, as if it were installed."""
    info = place / "jupyter_ai_benchmark-1.0.dist-info"
    info.mkdir(parents=True)
    info.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: jupyter-ai-benchmark\nVersion: 1.0\n")
    info.joinpath("entry_points.txt").write_text(
        "[jupyter_ai.chat_handlers]\nbenchmark = jupyter_ai_benchmark:BareModelHandler\n"
        "[jupyter_ai.model_providers]\nbenchmark = jupyter_ai_benchmark:CountingProvider\n"
        "[jupyter_ai.inline_completion_providers]\n"
        + "".join(f"{name} = jupyter_ai_benchmark_completions:{name}\n" for name in _COMPLETING)
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/api")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
