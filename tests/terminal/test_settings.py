"""An engine without a server obeys what is decided for the server."""

from __future__ import annotations

import json
from pathlib import Path

from jupyter_ai.server.host import HostOptions
from jupyter_ai.terminal.settings import host_options, read_config


def options(folder: Path, told: list[str] | None = None) -> HostOptions:
    return host_options(read_config([].append if told is None else told.append), str(folder), "data")


def test_without_configuration_the_defaults_hold(jupyter_dirs: Path) -> None:
    found = options(jupyter_dirs)

    assert (found.root_dir, found.data_dir, found.store_path) == (str(jupyter_dirs), "data", "")
    assert found.defaults["api_keys"] == {}


def test_configuration_files_are_read(jupyter_dirs: Path) -> None:
    config = jupyter_dirs / "config"
    own = "c.AiExtension.default_max_chat_history = 3\nc.AiExtension.default_language_model = 'a:b'\n"
    (config / "jupyter_jupyter_ai_config.py").write_text(own)
    (config / "jupyter_server_config.py").write_text("c.AiExtension.blocked_models.append('c:d')")
    decided = {"AiExtension": {"chat_store_path": "chats.db", "default_max_chat_history": 4}}
    (config / "jupyter_server_config.json").write_text(json.dumps(decided))

    found = options(jupyter_dirs)

    assert (found.store_path, found.max_chat_history) == ("chats.db", 4)
    assert found.defaults["model_provider_id"] == "a:b"
    assert found.blocked_models == ["c:d"]


def test_a_broken_file_is_told_and_left_out(jupyter_dirs: Path) -> None:
    (jupyter_dirs / "config" / "jupyter_server_config.py").write_text("1 / 0")
    told: list[str] = []

    options(jupyter_dirs, told)

    assert len(told) == 1
    assert "jupyter_server_config.py: ZeroDivisionError" in told[0]
