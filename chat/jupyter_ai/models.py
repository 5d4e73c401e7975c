"""Frames of the chat's WebSocket; and the bodies of its REST routes, which `rest_models` holds."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, field_validator
from pydantic import Field as ModelField

from jupyter_ai.attachments import (
    MOST_ATTACHMENTS,
    Attachment,
    AttachmentSelection,
    FileAttachment,
    NotebookAttachment,
    NotebookCell,
)
from jupyter_ai.rest_models import (
    DEFAULT_CHUNK_OVERLAP,
    DEFAULT_CHUNK_SIZE,
    ChatDescription,
    ChatUpdate,
    CompletionModelEntry,
    CompletionModelRequest,
    DescribeConfigResponse,
    DescribeLocalPersonas,
    GlobalConfig,
    IndexedDir,
    IndexMetadata,
    ListChatsResponse,
    ListCompletionModelsResponse,
    ListOptionsEntry,
    ListOptionsResponse,
    ListPersonasEntry,
    ListPersonasResponse,
    ListProvidersEntry,
    ListProvidersResponse,
    ListSlashCommandsEntry,
    ListSlashCommandsResponse,
    LocalPersonasRequest,
    ModelTestRequest,
    UpdateConfigRequest,
)
from jupyter_ai_magics.auth import AuthStrategy
from jupyter_ai_magics.fields import Field
from jupyter_ai_magics.models.persona import Persona

__all__ = [
    "DEFAULT_CHUNK_OVERLAP",
    "DEFAULT_CHUNK_SIZE",
    "AgentChatMessage",
    "AgentStreamChunkMessage",
    "AgentStreamMessage",
    "AskedByPersona",
    "Attachment",
    "AttachmentSelection",
    "AuthStrategy",
    "BaseAgentMessage",
    "CellError",
    "CellSelection",
    "CellWithErrorSelection",
    "ChatClient",
    "ChatDescription",
    "ChatHistory",
    "ChatMessage",
    "ChatRequest",
    "ChatUpdate",
    "ChatUser",
    "ClearMessage",
    "ClearRequest",
    "ClosePendingMessage",
    "CompletionModelEntry",
    "CompletionModelRequest",
    "ConnectionMessage",
    "DescribeConfigResponse",
    "DescribeLocalPersonas",
    "ErrorMessage",
    "Field",
    "FileAttachment",
    "GlobalConfig",
    "HumanChatMessage",
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
    "Message",
    "ModelTestRequest",
    "NotebookAttachment",
    "NotebookCell",
    "PendingMessage",
    "Persona",
    "PersonaMessage",
    "Selection",
    "StopRequest",
    "TextSelection",
    "UpdateConfigRequest",
]

# What a client sends.


class CellError(BaseModel):
    """The error output of a code cell."""

    name: str
    value: str
    traceback: list[str]


class TextSelection(BaseModel):
    """Text the user selected."""

    type: Literal["text"] = "text"
    source: str


class CellSelection(BaseModel):
    """The active cell."""

    type: Literal["cell"] = "cell"
    source: str


class CellWithErrorSelection(BaseModel):
    """The active cell together with its error output."""

    type: Literal["cell-with-error"] = "cell-with-error"
    source: str
    error: CellError


Selection = TextSelection | CellSelection | CellWithErrorSelection


class ChatRequest(BaseModel):
    """A prompt, with what the user chose to send along; it may be blank where something is attached."""

    prompt: str
    selection: Selection | None = None
    notebook: str | None = None  # the path of the one that the user has open, below the server's root
    attachments: Annotated[list[Attachment], ModelField(max_length=MOST_ATTACHMENTS)] = []


class StopRequest(BaseModel):
    """Stop this user's runs in this chat, or the one that answers message `target`."""

    type: Literal["stop"]
    target: str | None = None


class ClearRequest(BaseModel):
    """Forget the whole chat, or the exchange that human message `target` began."""

    type: Literal["clear"] = "clear"
    target: str | None = None


# Who is who.


class ChatUser(BaseModel):
    """A person, as the server's identity provider names them."""

    username: str
    initials: str
    name: str
    display_name: str
    color: str | None = None
    avatar_url: str | None = None


class ChatClient(ChatUser):
    """A person at one connection."""

    id: str


# What the server sends.


class BaseAgentMessage(BaseModel):
    """What all replies have in common; `time` is in seconds since the epoch."""

    id: str
    time: float
    body: str
    reply_to: str
    persona: Persona
    metadata: dict[str, Any] = {}


class AgentChatMessage(BaseAgentMessage):
    """A whole reply."""

    type: Literal["agent"] = "agent"


class AgentStreamMessage(BaseAgentMessage):
    """A streamed reply; `complete` once its last chunk is in `body`."""

    type: Literal["agent-stream"] = "agent-stream"
    complete: bool


class AgentStreamChunkMessage(BaseModel):
    """Text to append to stream `id`; `metadata` counts only on the last chunk."""

    type: Literal["agent-stream-chunk"] = "agent-stream-chunk"
    id: str
    content: str
    stream_complete: bool
    metadata: dict[str, Any] = {}

    @field_validator("metadata", mode="before")
    @classmethod
    def validate_metadata(cls, v: Any) -> Any:
        """Take `None` for "nothing to say"."""
        return {} if v is None else v


class HumanChatMessage(BaseModel):
    """What a person said; `body` is the prompt followed by the fenced selection."""

    type: Literal["human"] = "human"
    id: str
    time: float
    body: str
    prompt: str
    selection: Selection | None = None
    notebook: str | None = None
    attachments: list[Attachment] = []
    client: ChatClient

    # The names by which personas for Jupyter AI 3.x read a message.

    @property
    def sender(self) -> str:
        """The username of who said it."""
        return self.client.username

    @property
    def raw_time(self) -> bool:
        """False: `time` is the server's."""
        return False

    @property
    def metadata(self) -> dict[str, Any]:
        """Empty: a person's message carries none."""
        return {}


class AskedByPersona(HumanChatMessage):
    """What a persona says to another one, along with what the person had attached and selected.

    Its context commands are text: only what people type is carried out.
    """


class ClearMessage(BaseModel):
    """These exchanges (ids of human messages), or with `None` all of them, are gone."""

    type: Literal["clear"] = "clear"
    targets: list[str] | None = None


class PendingMessage(BaseModel):
    """Something is being worked on."""

    type: Literal["pending"] = "pending"
    id: str
    time: float
    body: str
    reply_to: str
    persona: Persona
    ellipsis: bool = True
    closed: bool = False


class ClosePendingMessage(BaseModel):
    """Pending message `id` is done with."""

    type: Literal["close-pending"] = "close-pending"
    id: str


class PersonaMessage(BaseModel):
    """Who answers what is addressed to nobody ("": the default); for those who connect with `?personas=1`."""

    type: Literal["persona"] = "persona"
    name: str


class ErrorMessage(BaseModel):
    """A frame of this connection was refused; nothing of it took effect."""

    type: Literal["error"] = "error"
    reason: str
    code: str


ChatMessage = AgentChatMessage | HumanChatMessage | AgentStreamMessage | AgentStreamChunkMessage


class ChatHistory(BaseModel):
    """All that was said in a chat, and what is being worked on."""

    messages: list[ChatMessage]
    pending_messages: list[PendingMessage]


class ConnectionMessage(BaseModel):
    """The first frame of every connection; `history` is None when `?since=` could be served."""

    type: Literal["connection"] = "connection"
    client_id: str
    history: ChatHistory | None
    epoch: str = ""
    seq: int = 0


Message = (
    AgentChatMessage
    | HumanChatMessage
    | AgentStreamMessage
    | AgentStreamChunkMessage
    | ConnectionMessage
    | ClearMessage
    | PendingMessage
    | ClosePendingMessage
)
