"""Every exception of the framework; each says what happened, to whom, and the next step."""

from __future__ import annotations

from asyncio import CancelledError

__all__ = [
    "AuthError",
    "BlockedModelError",
    "ChatError",
    "ChatNotFound",
    "ChatRefused",
    "ChatUnreachable",
    "ChatUnreadable",
    "CompletionTimedOut",
    "CompletionUnavailable",
    "ContextProviderException",
    "EngineUnavailable",
    "FetchCancelled",
    "FetchFailure",
    "FetchMalformed",
    "FetchMisconfigured",
    "FetchRefused",
    "FetchTimedOut",
    "FetchTooLarge",
    "FetchUnreachable",
    "FileRefused",
    "GenerationInterrupted",
    "InvalidFrame",
    "InvalidSetting",
    "JupyterAIError",
    "KeyEmptyError",
    "KeyInUseError",
    "KeyNotFound",
    "ModelTestRuns",
    "NoChainBound",
    "NoModelConfigured",
    "NotAllowed",
    "NotYourRun",
    "PersonaNotReady",
    "PersonaRequirementsUnmet",
    "ReloadRuns",
    "SecretsError",
    "SettingFixed",
    "SettingsError",
    "SettingsNotSaved",
    "UnknownMessage",
    "UnknownPersona",
    "UnsupportedAnswer",
    "UnsupportedChunk",
    "WriteConflictError",
    "message_of",
]


class JupyterAIError(Exception):
    """The root of the tree; `code` names the kind for programs, `status` is the HTTP status it maps to."""

    code = "error"
    status = 500


class EngineUnavailable(JupyterAIError):
    """The engine could not be started, or is no more."""

    code = "unavailable"
    status = 503

    def __init__(self, reason: str) -> None:
        super().__init__(f"The chat is not available: {reason}. GET api/ai/health tells more.")


class ChatError(JupyterAIError):
    """Something asked of a chat cannot be done."""

    code = "bad-request"
    status = 400


class ChatNotFound(ChatError):
    """There is no such chat, or not for this user."""

    code = "not-found"
    status = 404

    def __init__(self, chat_id: str) -> None:
        super().__init__(f"There is no chat {chat_id!r} for you. GET api/ai/chats lists your chats.")


class ChatUnreachable(JupyterAIError):
    """A terminal has no way to a chat; the message says why, and what to do."""

    code = "unreachable"


class ChatRefused(ChatUnreachable):
    """A server answers a terminal, and does not let it in."""

    def __init__(self, url: str, *, found: bool = False) -> None:
        token = "Give its token with --token; `jupyter server list` shows it."
        instead = " Or answer in this process with --local." if found else ""
        super().__init__(f"{url} does not let us in. {token}{instead}")
        self.url = url


class ChatUnreadable(ChatError):
    """What was said in a chat cannot be read from the disk now."""

    code = "unreadable"
    status = 503

    def __init__(self, title: str, reason: str) -> None:
        super().__init__(f"Chat {title!r} cannot be read: {reason} Nothing of it is lost; try again.")


class NotAllowed(ChatError):
    """It is not for this user to do: the chat is somebody else's, or the administrator forbids it."""

    code = "forbidden"
    status = 403


class NotYourRun(NotAllowed):
    """Somebody else asked for this answer."""

    def __init__(self, target: str) -> None:
        super().__init__(
            f"The answer to message {target!r} was asked for by somebody else; only they can stop it."
        )


class UnknownMessage(ChatError):
    """No human message has this id."""

    code = "not-found"
    status = 404

    def __init__(self, target: str) -> None:
        super().__init__(f"No message of a person has the id {target!r}; it may have been cleared already.")


class UnknownPersona(ChatError):
    """No persona of the chat has this name."""

    code = "not-found"
    status = 404

    def __init__(self, name: str) -> None:
        super().__init__(f"Nobody here is called {name!r}. GET api/ai/chats/autocomplete_options lists all.")


class PersonaNotReady(JupyterAIError):
    """A persona's `prepare` takes too long."""

    code = "not-ready"
    status = 503

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(
            f"{name} was not ready within {seconds:g} s. Send the message again to try once more."
        )


class PersonaRequirementsUnmet(JupyterAIError):
    """A persona's module or constructor raises it where something it needs is missing; its message is shown.

    Such a persona does not serve, and `jupyter ai plugins` tells why.
    """

    code = "requirements"


class FileRefused(JupyterAIError):
    """A file is not read; the message names it and says why."""

    code = "file-refused"
    status = 403


class InvalidFrame(ChatError):
    """A frame that fits no model of the protocol."""

    code = "invalid-frame"


class NoChainBound(JupyterAIError):
    """`stream_reply` was called without a runnable."""

    def __init__(self, handler: str) -> None:
        super().__init__(
            f"{handler} has no runnable in `self.llm_chain`. Bind one in `create_llm_chain()`, "
            "and call `self.get_llm_chain()` before `self.stream_reply()`."
        )


class NoModelConfigured(JupyterAIError):
    """A model is needed, and none is chosen or the chosen one cannot be used."""

    def __init__(self, reason: str | None = None) -> None:
        if reason is None:
            reason = "none is chosen. Choose one with `/model` or `jupyter ai config --model`."
        super().__init__(f"No language model can be used: {reason}")


class CompletionUnavailable(JupyterAIError):
    """A provider of inline completions cannot be asked; the message says why, and what to do.

    `type` names the kind for programs; `upstream_status` is the HTTP status that a model has answered with.
    """

    code = "completion-unavailable"
    status = 503

    def __init__(self, reason: str, type: str = "unavailable", status: int | None = None) -> None:
        super().__init__(reason)
        self.type = type
        self.upstream_status = status


class CompletionTimedOut(CompletionUnavailable):
    """A provider of inline completions was asked, and did not answer within its deadline."""

    status = 504

    def __init__(self, reason: str) -> None:
        super().__init__(reason, "TimeoutError")


class SecretsError(JupyterAIError):
    """A key cannot be stored or forgotten."""

    code = "secrets"
    status = 503


class SettingsError(JupyterAIError):
    """A change of the settings is refused; nothing of it took effect. The message names the setting."""

    code = "bad-request"
    status = 400


class InvalidSetting(SettingsError):
    """A setting has a value that it cannot have."""

    code = "invalid-setting"


class AuthError(SettingsError):
    """A model needs a key that is not there."""

    code = "key-missing"


class KeyEmptyError(SettingsError):
    """A key is blank."""

    code = "key-empty"


class BlockedModelError(SettingsError):
    """The administrator does not allow this model."""

    code = "blocked-model"
    status = 403


class SettingFixed(SettingsError):
    """The environment or the administrator decided this; it cannot be changed here."""

    code = "fixed"
    status = 403


class KeyNotFound(SettingsError):
    """There is no such key to be deleted."""

    code = "not-found"
    status = 404


class KeyInUseError(SettingsError):
    """A selected model needs the key that is to be deleted."""

    code = "key-in-use"
    status = 409


class WriteConflictError(SettingsError):
    """The settings were changed by somebody else since they were read."""

    code = "write-conflict"
    status = 409


class SettingsNotSaved(SettingsError):
    """The settings cannot be written to the disk; the old ones stay."""

    code = "not-saved"
    status = 503


class ModelTestRuns(JupyterAIError):
    """This user is testing a model already."""

    code = "test-runs"
    status = 409

    def __init__(self) -> None:
        super().__init__("You are testing a model already. Wait for its answer, then test again.")


class ReloadRuns(JupyterAIError):
    """Plug-ins are being reloaded already."""

    code = "reload-runs"
    status = 409

    def __init__(self, importing: object = None) -> None:
        what = f", and the import of {importing} has not returned" if importing else ""
        super().__init__(f"Plug-ins are being reloaded{what}: try again, or restart the server.")


class ContextProviderException(JupyterAIError):
    """What a context command names cannot be added to a prompt; the message is shown as it is."""

    code = "context"
    status = 400


class FetchFailure(JupyterAIError):
    """An endpoint gave no completion; `upstream_status` is its HTTP status, `retry_after` is in seconds.

    The message holds neither a key nor anything of what was sent or answered. `words` are what the endpoint
    says of its refusal, in at most 200 characters; "" where they would repeat what was sent.
    """

    code = "fetch-failed"
    status = 502

    def __init__(
        self,
        message: str,
        *,
        upstream_status: int | None = None,
        retry_after: float | None = None,
        words: str = "",
    ) -> None:
        super().__init__(message)
        self.words = words
        self.upstream_status = upstream_status
        self.retry_after = retry_after


class FetchCancelled(FetchFailure):
    """Whoever asked did not want the answer any more."""

    code = "fetch-cancelled"


class FetchTimedOut(FetchFailure):
    """The endpoint took too long."""

    code = "fetch-timed-out"
    status = 504


class FetchUnreachable(FetchFailure):
    """There is no connection to the endpoint."""

    code = "fetch-unreachable"


class FetchMisconfigured(FetchFailure):
    """Nothing can be sent: the proxy or the CA bundle that is set cannot be used, as the message says."""

    code = "fetch-misconfigured"


class FetchRefused(FetchFailure):
    """The endpoint answered with another status than success."""

    code = "fetch-refused"


class FetchMalformed(FetchFailure):
    """What the endpoint answered is not of the form that was asked for, or was cut."""

    code = "fetch-malformed"


class FetchTooLarge(FetchFailure):
    """The endpoint answered more than is taken."""

    code = "fetch-too-large"


class UnsupportedAnswer(JupyterAIError, TypeError):
    """A provider of inline completions answered with something that is no part of an answer."""


class UnsupportedChunk(JupyterAIError, TypeError):
    """A runnable, or what a persona gave to `stream_message`, yielded something that is not text."""

    def __init__(self, author: str, chunk: object, *, given: bool = False) -> None:
        kind = type(chunk).__name__
        super().__init__(
            f"The iterator that {author} gave to `stream_message` yielded a {kind}: it takes str, message "
            "chunks, and dictionaries with a str under `content` or `text`."
            if given
            else f"The runnable of {author} yielded a {kind}; `stream_reply` takes str and message chunks. "
            "End the chain with a step that yields text, such as `StrOutputParser()`."
        )


class GenerationInterrupted(CancelledError):
    """The user stopped this run. A cancellation: do not swallow it, and start no new reply."""


def message_of(error: BaseException) -> str:
    """What an exception says, even where its `__str__` fails: it may be a plug-in's."""
    try:
        return str(error)
    except BaseException as e:  # noqa: BLE001
        return f"(it cannot be told: {type(e).__name__})"
