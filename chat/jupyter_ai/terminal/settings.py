"""What an administrator decided for a server, read from Jupyter's configuration for an engine without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_config_path
from traitlets.config.loader import (
    Config,
    FileConfigLoader,
    JSONFileConfigLoader,
    LazyConfigValue,
    PyFileConfigLoader,
)

from jupyter_ai.server.host import HostOptions

__all__ = ["host_options", "read_config"]

_FILES = ("jupyter_jupyter_ai_config", "jupyter_config", "jupyter_server_config")  # the last one wins

# Traits of `AiExtension` and what they are called in `HostOptions`.
_OPTIONS = {
    "chat_store_path": "store_path",
    "chat_store_synchronous": "store_synchronous",
    "default_max_chat_history": "max_chat_history",
    "allow_builtin_override": "allow_builtin_override",
    "allowed_providers": "allowed_providers",
    "blocked_providers": "blocked_providers",
    "allowed_models": "allowed_models",
    "blocked_models": "blocked_models",
    "model_parameters": "model_parameters",
    "help_message_template": "help_message_template",
    "error_logs_dir": "error_logs_dir",
    "key_store": "key_store",
    "network_proxy": "network_proxy",
    "network_ca_bundle": "network_ca_bundle",
    "network_timeout": "network_timeout",
    "network_headers": "network_headers",
}
_FIXED = {
    "language_model": "model_provider_id",
    "embeddings_model": "embeddings_provider_id",
    "completions_model": "completions_model_provider_id",
}
_DEFAULTS = {
    "default_language_model": "model_provider_id",
    "default_embeddings_model": "embeddings_provider_id",
    "default_completions_model": "completions_model_provider_id",
    "default_api_keys": "api_keys",
}


def read_config(tell: Callable[[str], None]) -> Config:
    """Jupyter's configuration files, as far as a server reads them; `tell` hears of those that fail."""
    config = Config()
    for loader in _loaders():
        try:
            config.merge(loader.load_config())
        # A configuration file is anybody's code.
        except Exception as error:  # noqa: BLE001
            tell(f"Not used: {loader.full_filename}: {type(error).__name__}: {error}")
    return config


def host_options(config: Config, root_dir: str, data_dir: str) -> HostOptions:
    """The options of an engine for this folder."""
    decided = config.get("AiExtension", Config())
    # A trait that is appended to has its value only where there is a default.
    values = {k: v.get_value([]) if isinstance(v, LazyConfigValue) else v for k, v in decided.items()}
    options: dict[str, Any] = {name: values[trait] for trait, name in _OPTIONS.items() if trait in values}
    defaults = {name: values[trait] for trait, name in _DEFAULTS.items() if trait in values}
    defaults = {"api_keys": {}, "fields": {}, "embeddings_fields": {}, "completions_fields": {}, **defaults}
    fixed = {name: values[trait] for trait, name in _FIXED.items() if trait in values}
    return HostOptions(root_dir=root_dir, data_dir=data_dir, defaults=defaults, fixed=fixed, **options)


def _loaders() -> Iterator[FileConfigLoader]:
    folders = dict.fromkeys(reversed(jupyter_config_path()))
    kinds = ((".py", PyFileConfigLoader), (".json", JSONFileConfigLoader))
    for name, folder, (suffix, loader) in product(_FILES, folders, kinds):
        if Path(folder, f"{name}{suffix}").is_file():
            yield loader(f"{name}{suffix}", folder)
