"""Makes the settings of a server, from what its administrator decided."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_ai.config.file import FOLDER
from jupyter_ai.config_manager import ConfigManager
from jupyter_ai.keys.secrets import Keys, open_secrets
from jupyter_ai.plugins import EMBEDDINGS_PROVIDERS, MODEL_PROVIDERS
from jupyter_ai_magics.network import NetworkSettings

if TYPE_CHECKING:
    from jupyter_ai.config.sources import ModelSetting
    from jupyter_ai.plugins import PluginRegistry
    from jupyter_ai.server.host import EngineHost

__all__ = ["make_config_manager"]


def make_config_manager(host: EngineHost) -> ConfigManager:
    """The settings of this host; network settings of the environment that are wrong are told and left out."""
    options, folder = host.options, Path(host.options.data_dir)
    return ConfigManager(
        host.log,
        host.providers(MODEL_PROVIDERS),
        host.providers(EMBEDDINGS_PROVIDERS),
        options.defaults,
        policy=host.policy,
        keys=Keys(open_secrets(options.key_store, folder), options.defaults.get("api_keys") or {}),
        network=_network(host),
        path=folder / FOLDER / "config.json",
        fixed=options.fixed,
        model_parameters=options.model_parameters,
        why_not=lambda setting, id: _why_not(host.plugins, setting, id),
        url_hosts=options.url_hosts or (),
        completions=options.completions,
    )


def _network(host: EngineHost) -> NetworkSettings:
    """What the environment says of the network, before the traits."""
    options = host.options
    decided = NetworkSettings(
        options.network_proxy,
        options.network_ca_bundle,
        options.network_timeout,
        options.network_headers,
    )
    try:
        return decided.override(NetworkSettings.from_environment())
    except ValueError as error:
        host.problems["network"] = str(error)
        host.log.warning("The network settings of the environment are not used: %s", error)
        return decided


def _why_not(plugins: PluginRegistry, setting: ModelSetting, id: str) -> str:
    """Why a provider with this id is not to be had."""
    group = EMBEDDINGS_PROVIDERS if setting.name == "embeddings_provider_id" else MODEL_PROVIDERS
    waiting_for = plugins.waiting_for(group, id)
    found = [plugin for plugin in plugins.plugins(group) if id in (plugin.id, plugin.name)]
    plugin = next((plugin for plugin in found if plugin.state != "not loaded"), None)
    if plugin is None and waiting_for is not None:
        return f"is still being loaded: {waiting_for}"
    if plugin is None:
        return "is not installed"
    state = "failed" if plugin.state == "failed" else f"is {plugin.state}"
    return f"{state}: {plugin.reason}" if plugin.reason else state
