"""What an administrator decided, for the host of an engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from jupyter_ai.config.completions import CompletionSettings

__all__ = ["HostOptions"]


@dataclass(frozen=True)
class HostOptions:
    """What the administrator decided, by the traits of `AiExtension`."""

    root_dir: str
    preferred_dir: str | None = None
    data_dir: str = "."  # where each root directory has its file of chats
    store_path: str = ""  # another file
    store_synchronous: Literal["NORMAL", "FULL"] = "NORMAL"
    allow_builtin_override: bool = True
    allowed_providers: list[str] | None = None
    blocked_providers: list[str] | None = None
    allowed_models: list[str] | None = None
    blocked_models: list[str] | None = None
    disabled_completion_providers: list[str] | None = None
    defaults: dict[str, Any] = field(default_factory=dict)  # by the names of `GlobalConfig`
    fixed: dict[str, Any] = field(default_factory=dict)  # likewise: what people cannot choose
    key_store: Literal["file", "keyring"] = "file"
    network_proxy: str | None = None
    network_ca_bundle: str | None = None
    network_timeout: float | None = None  # seconds
    network_headers: dict[str, str] = field(default_factory=dict)
    model_parameters: dict[str, dict[str, Any]] = field(default_factory=dict)
    max_chat_history: int | None = 2
    local_personas: Literal["ask", "allow", "forbid"] = "ask"
    help_message_template: str = ""
    error_logs_dir: str | None = None
    completions: CompletionSettings = field(default_factory=CompletionSettings)
    url_hosts: list[str] | None = None  # that `@url:` reads
    max_frame_bytes: int = 1 << 20
    max_outbox_bytes: int = 4 << 20
    speculative_completions: bool = False

    @property
    def allowed_folders(self) -> Path:
        """Where it is kept whose persona files may be run."""
        from jupyter_ai.config.file import FOLDER

        return Path(self.data_dir) / FOLDER / "persona-folders.json"
