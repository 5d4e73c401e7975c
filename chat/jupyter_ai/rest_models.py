"""Bodies of the REST routes; `jupyter_ai.models` has them as well."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, field_validator
from pydantic import Field as ModelField
from pydantic_core import PydanticCustomError

from jupyter_ai.config.schema import MOST_CHAT_HISTORY
from jupyter_ai_magics.auth import AuthStrategy
from jupyter_ai_magics.fields import Field

__all__ = [
    "DEFAULT_CHUNK_OVERLAP",
    "DEFAULT_CHUNK_SIZE",
    "ChatDescription",
    "ChatUpdate",
    "CompletionModelEntry",
    "CompletionModelRequest",
    "DescribeConfigResponse",
    "DescribeLocalPersonas",
    "GlobalConfig",
    "IndexMetadata",
    "IndexedDir",
    "ListChatsResponse",
    "ListCompletionModelsResponse",
    "ListOptionsEntry",
    "ListOptionsResponse",
    "ListPersonasEntry",
    "ListPersonasResponse",
    "ListProvidersEntry",
    "ListProvidersResponse",
    "ListSlashCommandsEntry",
    "ListSlashCommandsResponse",
    "LocalPersonasRequest",
    "ModelTestRequest",
    "UpdateConfigRequest",
]

DEFAULT_CHUNK_SIZE = 2000
DEFAULT_CHUNK_OVERLAP = 100

_LINE_BREAKERS = {"Cc", "Zl", "Zp"}  # Unicode's categories of control characters and separators of lines


# Chats.


class ChatDescription(BaseModel):
    """One chat as the list of chats shows it; `owner` is "" where the server knows no identities."""

    id: str
    title: str
    owner: str
    shared: bool
    is_default: bool
    created: float
    updated: float  # when the newest message was begun; when the chat was made, if there is none
    persona: str = ""  # who answers what is addressed to nobody; "" is the default. Of an open chat only


class ListChatsResponse(BaseModel):
    """Every chat that the user may see."""

    chats: list[ChatDescription]


class ChatUpdate(BaseModel):
    """What may be set of a chat, at its creation or later."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    shared: bool | None = None
    persona: str | None = None  # a name, or "" for the default

    @field_validator("title")
    @classmethod
    def ensure_one_line(cls, title: str | None) -> str | None:
        """Refuse what would break a list of titles."""
        if any(unicodedata.category(character) in _LINE_BREAKERS for character in title or ""):
            raise PydanticCustomError("control_character", "must be one line without control characters")
        return title


# Commands and providers.


class ListSlashCommandsEntry(BaseModel):
    """A slash command; `slash_id` is without the slash."""

    slash_id: str
    description: str


class ListSlashCommandsResponse(BaseModel):
    """The slash commands that the selected model supports."""

    slash_commands: list[ListSlashCommandsEntry] = []


class ListOptionsEntry(BaseModel):
    """One completion of a command; `only_start`: offered at the beginning of a prompt only."""

    id: str
    label: str
    description: str
    only_start: bool


class ListOptionsResponse(BaseModel):
    """What can be completed."""

    options: list[ListOptionsEntry] = []


class ListPersonasEntry(BaseModel):
    """Somebody who can be addressed, by `address` in a prompt; the picture is at `avatar_route`."""

    name: str
    address: str
    description: str
    avatar_route: str


class ListPersonasResponse(BaseModel):
    """Who can be addressed."""

    personas: list[ListPersonasEntry] = []


class ListProvidersEntry(BaseModel):
    """One model or embedding provider."""

    id: str
    name: str
    model_id_label: str | None = None
    models: list[str]
    help: str | None = None
    auth_strategy: AuthStrategy
    registry: bool
    fields: list[Field]
    chat_models: list[str] | None = None
    completion_models: list[str] | None = None
    installed: bool = True
    install_hint: str | None = None  # a command


class ListProvidersResponse(BaseModel):
    """The providers that may be used."""

    providers: list[ListProvidersEntry]


class CompletionModelEntry(BaseModel):
    """A model that can complete code; one that is not `available` lacks what `reason` tells."""

    id: str  # "auto", or a global id
    name: str
    description: str
    vendor: str
    family: str
    available: bool
    reason: str | None = None


class ListCompletionModelsResponse(BaseModel):
    """The models that may complete code; `chosen` is "" for the default."""

    models: list[CompletionModelEntry]
    chosen: str
    fixed: bool


class CompletionModelRequest(BaseModel):
    """Which model is to complete code: "" for the default, "auto", or a global id."""

    model_config = ConfigDict(extra="forbid")

    id: str


# Settings.


class GlobalConfig(BaseModel):
    """The settings of a user."""

    model_provider_id: str | None = None
    embeddings_provider_id: str | None = None
    send_with_shift_enter: bool
    fields: dict[str, dict[str, Any]]
    api_keys: dict[str, str]
    completions_model_provider_id: str | None = None
    completions_fields: dict[str, dict[str, Any]]
    embeddings_fields: dict[str, dict[str, Any]]
    max_chat_history: int | None = None


class DescribeConfigResponse(BaseModel):
    """The settings, with the names of keys in place of the keys; what is `fixed` cannot be chosen."""

    model_provider_id: str | None = None
    embeddings_provider_id: str | None = None
    send_with_shift_enter: bool
    fields: dict[str, dict[str, Any]]
    api_keys: list[str]
    last_read: int
    completions_model_provider_id: str | None = None
    completions_fields: dict[str, dict[str, Any]]
    embeddings_fields: dict[str, dict[str, Any]]
    max_chat_history: int | None = None  # exchanges that the model remembers; None: as by default
    default_max_chat_history: int | None = None  # the administrator's; None: all
    fixed: dict[str, str] = {}  # where, by setting
    problems: list[str] = []
    key_sources: dict[str, str] = {}  # "environment", "user" or "administrator", by the key's name


class UpdateConfigRequest(BaseModel):
    """A change of settings; what is left out stays."""

    model_provider_id: str | None = None
    embeddings_provider_id: str | None = None
    completions_model_provider_id: str | None = None
    send_with_shift_enter: bool | None = None
    api_keys: dict[str, str] | None = None
    last_read: int | None = None
    fields: dict[str, dict[str, Any]] | None = None
    completions_fields: dict[str, dict[str, Any]] | None = None
    embeddings_fields: dict[str, dict[str, Any]] | None = None
    max_chat_history: Annotated[int, ModelField(ge=0, le=MOST_CHAT_HISTORY, strict=True)] | None = None

    @field_validator("send_with_shift_enter", "api_keys", "fields", mode="before")
    @classmethod
    def ensure_not_none_if_passed(cls, field_val: Any) -> Any:
        """Refuse an explicit null where only leaving out makes sense."""
        if field_val is None:
            raise ValueError("must not be null; leave it out to keep the present value")
        return field_val


class LocalPersonasRequest(BaseModel):
    """Whether the persona files of a folder may be run."""

    model_config = ConfigDict(extra="forbid")

    folder: Path  # as it was shown
    allowed: bool


class DescribeLocalPersonas(BaseModel):
    """The nearest folder of persona files, and what became of them."""

    folder: str | None = None
    files: list[str] = []
    allowed: bool  # they are run
    problems: dict[str, str] = {}  # by the name of a file, or of an installed persona


class ModelTestRequest(BaseModel):
    """Which of the chosen models to ask for one word."""

    model_config = ConfigDict(extra="forbid")

    setting: Literal["model_provider_id", "embeddings_provider_id", "completions_model_provider_id"]


# What `/learn` has read.


class IndexedDir(BaseModel):
    """A directory of the index."""

    path: str
    chunk_size: int = DEFAULT_CHUNK_SIZE
    chunk_overlap: int = DEFAULT_CHUNK_OVERLAP


class IndexMetadata(BaseModel):
    """The directories of the index."""

    dirs: list[IndexedDir]
