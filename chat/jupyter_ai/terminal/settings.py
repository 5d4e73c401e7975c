"""What an administrator decided for a server, read from Jupyter's configuration for an engine without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

from jupyter_core.paths import jupyter_config_path
from traitlets import TraitError
from traitlets.config.loader import (
    Config,
    FileConfigLoader,
    JSONFileConfigLoader,
    PyFileConfigLoader,
)

from jupyter_ai.errors import InvalidSetting
from jupyter_ai.server.host import HostOptions
from jupyter_ai.traits import AiTraits

__all__ = ["host_options", "read_config"]

_FILES = ("jupyter_jupyter_ai_config", "jupyter_config", "jupyter_server_config")  # the last one wins


def read_config(tell: Callable[[str], None]) -> Config:
    """Jupyter's configuration files, as far as a server reads them; `tell` hears of those that fail."""
    config = Config()
    for loader in _loaders():
        try:
            config.merge(loader.load_config())
        # A configuration file is anybody's code.
        except (Exception, SystemExit) as error:  # noqa: BLE001
            tell(f"Not used: {loader.full_filename}: {type(error).__name__}: {error}")
    return config


def host_options(config: Config, root_dir: str, data_dir: str) -> HostOptions:
    """The options of an engine for this folder. Raises `InvalidSetting`, which names what is wrong."""
    decided = config.get("AiExtension", Config())
    if not isinstance(decided, Config):
        raise InvalidSetting("AiExtension is not an object of traits in Jupyter's configuration.")
    traits = AiTraits.class_trait_names(config=True)  # the others are a server's own
    ours = Config({name: value for name, value in decided.items() if name in traits})
    try:
        return AiTraits(config=Config(AiTraits=ours)).host_options(root_dir, data_dir)
    except TraitError as error:
        raise InvalidSetting(f"Jupyter's configuration is wrong: {_of_extension(error)}") from None


def _of_extension(error: TraitError) -> str:
    """What it says, with the name that stands in the configuration."""
    return str(error).replace(AiTraits.__name__, "AiExtension")


def _loaders() -> Iterator[FileConfigLoader]:
    folders = dict.fromkeys(reversed(jupyter_config_path()))
    kinds = ((".py", PyFileConfigLoader), (".json", JSONFileConfigLoader))
    for name, folder, (suffix, loader) in product(_FILES, folders, kinds):
        if Path(folder, f"{name}{suffix}").is_file():
            yield loader(f"{name}{suffix}", folder)
