"""What an administrator sets, in a configuration file or on a command line."""

from __future__ import annotations

from typing import Any, Literal

from traitlets import Any as AnyTrait
from traitlets import Bool, Enum, Float, Integer, Unicode
from traitlets.config import Config, Configurable
from traitlets.config.loader import LazyConfigValue

from jupyter_ai.chat_handlers.help_message import DEFAULT_HELP_MESSAGE_TEMPLATE
from jupyter_ai.config.completions import CompletionSettings
from jupyter_ai.server.host import HostOptions
from jupyter_ai.trait_types import Ids, Objects, Texts

__all__ = ["AiTraits"]


class AiTraits(Configurable):
    """The traits of `AiExtension`, for whoever reads them without a server."""

    allowed_providers = Ids(help="Ids of the providers that may be used; None: all.").tag(config=True)
    blocked_providers = Ids(help="Ids of providers that may not be used.").tag(config=True)
    allowed_models = Ids(help="Models (`<provider>:<model>`) that may be used; None: all.").tag(config=True)
    blocked_models = Ids(help="Models (`<provider>:<model>`) that may not be used.").tag(config=True)
    disabled_completion_providers = Ids(
        help="Ids of inline completion providers that are not asked, such as `document-words`."
    ).tag(config=True)
    model_parameters = Objects(
        help="Keyword arguments for models, by `<provider>:<model>`; they override what people choose.",
    ).tag(config=True)
    language_model = Unicode(
        None, allow_none=True, help="The language model (`<provider>:<model>`) that nobody can change."
    ).tag(config=True)
    embeddings_model = Unicode(
        None, allow_none=True, help="The embedding model (`<provider>:<model>`) that nobody can change."
    ).tag(config=True)
    completions_model = Unicode(
        None, allow_none=True, help="The completion model (`<provider>:<model>`) that nobody can change."
    ).tag(config=True)
    default_language_model = Unicode(
        None, allow_none=True, help="The language model (`<provider>:<model>`) until one is chosen."
    ).tag(config=True)
    default_embeddings_model = Unicode(
        None, allow_none=True, help="The embedding model (`<provider>:<model>`) until one is chosen."
    ).tag(config=True)
    default_completions_model = Unicode(
        None, allow_none=True, help="The completion model (`<provider>:<model>`) until one is chosen."
    ).tag(config=True)
    completions_base_url = Unicode(
        help="The address of the endpoint that completes code, up to and without `/completions`; by default "
        "there is none."
    ).tag(config=True)
    completions_headers = Texts(help="Headers to be sent with each request to that endpoint.").tag(
        config=True
    )
    completions_endpoint_models = Ids(
        help="Models that can be chosen of that endpoint, as it names them; None: it chooses."
    ).tag(config=True)
    completion_candidates = Ids(
        help="Models (`<provider>:<model>`) among which `auto` chooses the one that completes code; None: "
        "those that are named in other settings, or the first of each provider whose key is there."
    ).tag(config=True)
    completion_selector_class = AnyTrait(
        None, help="What chooses among them: the dotted name of a class, a class, or an instance."
    ).tag(config=True)
    completion_fetcher_class = AnyTrait(
        None, help="What sends requests to the endpoint that completes code, likewise."
    ).tag(config=True)
    completion_tiers = Texts(
        help="What a selector is told of users, by their names: `{'ada': 'gold'}`; `''` is who uses a server "
        "that knows no names."
    ).tag(config=True)
    completions_experiment = Unicode(
        help="The name of an experiment, by which users are divided into the groups A and B, for `auto` and "
        "for what is measured; by default there is none."
    ).tag(config=True)
    default_api_keys = Texts(help="API keys, by the names that providers use.").tag(config=True)
    key_store = Enum(
        ("file", "keyring"),
        "file",
        help="Where people's keys are kept: a file for its owner alone, or the system's keyring.",
    ).tag(config=True)
    network_proxy = Unicode(
        None, allow_none=True, help="The URL of the proxy through which models are reached."
    ).tag(config=True)
    network_ca_bundle = Unicode(
        None, allow_none=True, help="A PEM file of the authorities that sign the certificates of models."
    ).tag(config=True)
    network_timeout = Float(
        None, allow_none=True, help="How many seconds one request to a model may take."
    ).tag(config=True)
    network_headers = Texts(help="Headers to be sent with each request to a model.").tag(config=True)
    default_max_chat_history = Integer(
        2, min=1, allow_none=True, help="How many exchanges a model remembers; None: all."
    ).tag(config=True)
    local_personas = Enum(
        ("ask", "allow", "forbid"),
        "ask",
        help="Whether the code of persona files in `.jupyter/personas` is run: where the user has allowed "
        "that folder, everywhere, or nowhere.",
    ).tag(config=True)
    help_message_template = Unicode(
        DEFAULT_HELP_MESSAGE_TEMPLATE,
        help="What greets a chat: a template with `{persona_name}`, `{slash_commands_list}`, "
        "`{context_commands_list}` and `{personas_list}`.",
    ).tag(config=True)
    error_logs_dir = Unicode(
        None, allow_none=True, help="Where tracebacks of failed answers are written; None: into the chat."
    ).tag(config=True)
    enable_dask_dashboard = Bool(False, help="Whether Dask serves its dashboard.").tag(config=True)
    allow_builtin_override = Bool(
        True, help="Whether a plug-in replaces the built-in one that has the same entry point name."
    ).tag(config=True)
    chat_store_path = Unicode(
        help="The file of the chats; by default one for each root directory, in Jupyter's data directory."
    ).tag(config=True)
    chat_store_synchronous = Enum(
        ("NORMAL", "FULL"),
        "NORMAL",
        help="NORMAL survives a crash of the server; FULL also a power cut, and is slower.",
    ).tag(config=True)
    url_hosts = Ids(
        help="Hosts whose pages `@url:` reads: `example.org`, `*.example.org`, `host:8080`, or `*` for all "
        "public ones; None: it is off."
    ).tag(config=True)
    max_frame_bytes = Integer(1 << 20, min=1024, help="The largest frame taken from a client.").tag(
        config=True
    )
    speculative_completions = Bool(
        False,
        help="Whether what follows a suggestion is asked for as soon as that is shown; it costs requests.",
    ).tag(config=True)
    max_outbox_bytes = Integer(
        4 << 20,
        min=1024,
        help="How many bytes may wait for a slow client before its connection is cut; it comes back.",
    ).tag(config=True)

    def _find_my_config(self, cfg: Config) -> Config:
        """What is configured; what is appended to a list that is not there makes one."""
        found: Config = super()._find_my_config(cfg)
        for name, value in found.items():
            if isinstance(value, LazyConfigValue) and isinstance(self.traits().get(name), Ids):
                found[name] = value.get_value(getattr(self, name) or [])
        return found

    def host_options(self, root_dir: str, data_dir: str, preferred_dir: str | None = None) -> HostOptions:
        """What is decided, for an engine of this root directory."""
        return HostOptions(
            root_dir=root_dir,
            preferred_dir=preferred_dir,
            data_dir=data_dir,
            store_path=self.chat_store_path,
            store_synchronous="FULL" if self.chat_store_synchronous == "FULL" else "NORMAL",
            allow_builtin_override=self.allow_builtin_override,
            allowed_providers=self.allowed_providers,
            blocked_providers=self.blocked_providers,
            allowed_models=self.allowed_models,
            blocked_models=self.blocked_models,
            disabled_completion_providers=self.disabled_completion_providers,
            defaults=self._defaults(),
            fixed=self._fixed(),
            key_store="keyring" if self.key_store == "keyring" else "file",
            network_proxy=self.network_proxy,
            network_ca_bundle=self.network_ca_bundle,
            network_timeout=self.network_timeout,
            network_headers=self.network_headers,
            model_parameters=self.model_parameters,
            max_chat_history=self.default_max_chat_history,
            local_personas=self._local_personas(),
            help_message_template=self.help_message_template,
            error_logs_dir=self.error_logs_dir,
            url_hosts=self.url_hosts,
            completions=self._completions(),
            max_frame_bytes=self.max_frame_bytes,
            max_outbox_bytes=self.max_outbox_bytes,
            speculative_completions=self.speculative_completions,
        )

    def _local_personas(self) -> Literal["ask", "allow", "forbid"]:
        found = self.local_personas
        return "allow" if found == "allow" else "forbid" if found == "forbid" else "ask"

    def _completions(self) -> CompletionSettings:
        return CompletionSettings(
            base_url=self.completions_base_url.strip(),
            headers=self.completions_headers,
            endpoint_models=tuple(self.completions_endpoint_models or ()),
            candidates=self.completion_candidates,
            selector=self.completion_selector_class,
            fetcher=self.completion_fetcher_class,
            tiers=self.completion_tiers,
            experiment=self.completions_experiment,
        )

    def _fixed(self) -> dict[str, Any]:
        return {
            "model_provider_id": self.language_model,
            "embeddings_provider_id": self.embeddings_model,
            "completions_model_provider_id": self.completions_model,
        }

    def _of_endpoint(self) -> str | None:
        """The model that the endpoint, where there is one, gives until another is chosen."""
        return next(iter(self._completions().of_endpoint()), None)

    def _defaults(self) -> dict[str, Any]:
        return {
            "model_provider_id": self.default_language_model,
            "embeddings_provider_id": self.default_embeddings_model,
            "completions_model_provider_id": self.default_completions_model or self._of_endpoint(),
            "max_chat_history": self.default_max_chat_history,
            "api_keys": self.default_api_keys,
            "fields": {},
            "embeddings_fields": {},
            "completions_fields": {},
        }
