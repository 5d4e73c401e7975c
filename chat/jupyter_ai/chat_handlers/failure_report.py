"""What a person is told of a failure: the exception, and its traceback or where that is."""

from __future__ import annotations

import logging
import time
import traceback
import uuid
from pathlib import Path

from jupyter_ai.errors import ContextProviderException, message_of
from jupyter_ai.keys.redaction import redact

__all__ = ["log_failure", "report", "told"]

Log = logging.Logger | logging.LoggerAdapter[logging.Logger]


def log_failure(name: str, error: BaseException, log: Log) -> None:
    """Log that `name` failed, with the traceback; what a context command has to say is no error."""
    if isinstance(error, ContextProviderException):
        log.info("%s was not asked: %s", name, message_of(error))
    else:
        log.error("%s failed.", name, exc_info=error)


def report(name: str, error: BaseException, log_dir: Path | None, log: Log) -> str:
    """Say in Markdown that `name` failed; the traceback goes to a file in `log_dir`, if that is given.

    What a context command has to say is said as it is.
    """
    if isinstance(error, ContextProviderException):
        return message_of(error)
    details = _details("".join(traceback.format_exception(error)), log_dir, log)
    return f"`{name}` failed: **{type(error).__name__}**: {message_of(error)}\n\n{details}"


def told(error: BaseException) -> dict[str, str]:
    """An exception for the metadata of a reply."""
    return {"type": type(error).__name__, "message": redact(message_of(error))}


def _details(text: str, log_dir: Path | None, log: Log) -> str:
    text = redact(text)
    if log_dir is None:
        return f"<details><summary>Traceback</summary>\n\n```text\n{text}```\n\n</details>"
    try:
        log_dir.mkdir(parents=True, exist_ok=True)
        path = log_dir / f"jupyter-ai-{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:6]}.log"
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        log.warning("Cannot write to %s: %s", log_dir, error)
        return "The traceback is in the server's log."
    return f"The traceback is in `{path}`."
