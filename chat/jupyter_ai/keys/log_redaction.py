"""Keys taken out of the log, of warnings and of what failing threads and finalizers print."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from typing import Any, TextIO

from jupyter_ai.keys import redaction

__all__ = ["start_redacting", "stop_redacting"]

_plain = logging.Formatter()
_OF_ALL = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None)))
"""What every record has; the rest is somebody's `extra`."""


def start_redacting(redactor: redaction.Redactor) -> None:
    """Take its keys out of all that is logged, warned and shown in this process, until `stop_redacting`.

    Records are treated where they are made, so that no handler, formatter or collector, not even one that
    is added later, sees a key.
    """
    global _hold  # the hooks are the process's
    redaction.activate(redactor)
    if _hold is None:
        _hold = _Hold()


def stop_redacting(redactor: redaction.Redactor) -> None:
    """End what `start_redacting` began; nothing happens if it did not."""
    global _hold  # as above
    redaction.deactivate(redactor)
    if _hold is not None and not redaction.active():
        _hold.release()
        _hold = None


class _Hold:
    """Our hooks in the process. Where somebody put another over one, it stays, and passes all through."""

    def __init__(self) -> None:
        self._busy = threading.local()  # what keeps the keys may log, too
        self._make = logging.getLogRecordFactory()
        self._show = warnings.showwarning
        self._except = threading.excepthook
        self._unraisable = sys.unraisablehook
        self._ours = (self._record, self._warning, self._thread, self._forgotten)
        self._extend = logging.Logger.makeRecord
        self._our_extend = self._with_clean_extra()
        logging.Logger.makeRecord = self._our_extend  # type: ignore[method-assign]
        logging.setLogRecordFactory(self._ours[0])
        warnings.showwarning, threading.excepthook, sys.unraisablehook = self._ours[1:]

    def release(self) -> None:
        """Take them away."""
        if logging.getLogRecordFactory() is self._ours[0]:
            logging.setLogRecordFactory(self._make)
        if logging.Logger.makeRecord is self._our_extend:
            logging.Logger.makeRecord = self._extend  # type: ignore[method-assign]
        if warnings.showwarning is self._ours[1]:
            warnings.showwarning = self._show
        if threading.excepthook is self._ours[2]:
            threading.excepthook = self._except
        if sys.unraisablehook is self._ours[3]:
            sys.unraisablehook = self._unraisable

    def _record(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self._make(*args, **kwargs)
        self._once(_clean, record)
        return record

    def _with_clean_extra(self) -> Callable[..., logging.LogRecord]:
        """In place of the method that adds what `extra` says to a record that was made."""

        def make(logger: logging.Logger, *args: Any, **kwargs: Any) -> logging.LogRecord:
            record = self._extend(logger, *args, **kwargs)
            self._once(_clean_extra, record)
            return record

        return make

    def _once(self, clean: Callable[[logging.LogRecord], None], record: logging.LogRecord) -> None:
        if redaction.active() and not getattr(self._busy, "here", False):
            self._busy.here = True
            try:
                clean(record)
            finally:
                self._busy.here = False

    def _warning(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        text = str(message)
        cleaned = redaction.redact(text)
        self._show(message if cleaned == text else cleaned, category, filename, lineno, file, line)

    def _thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is None or not _has_key(args.exc_value):
            self._except(args)
        elif sys.stderr is not None:
            name = args.thread.name if args.thread is not None else "?"
            text = "".join(traceback.format_exception(args.exc_value))
            print(f"Exception in thread {name}:\n{redaction.redact(text)}", file=sys.stderr, end="")

    def _forgotten(self, args: sys.UnraisableHookArgs) -> None:
        """An exception that nobody can take, such as one of `__del__`; it names an object, too."""
        text = f"{args.err_msg or 'Exception ignored in'}: {_shown(args.object)}\n"
        if args.exc_value is not None:
            text += "".join(traceback.format_exception(args.exc_value))
        cleaned = redaction.redact(text)
        if cleaned is text:
            self._unraisable(args)
        elif sys.stderr is not None:
            print(cleaned, file=sys.stderr, end="")


_hold: _Hold | None = None


def _clean(record: logging.LogRecord) -> None:
    """Take the keys out of a record; one without any stays as it was made."""
    text = _text(record)
    if (cleaned := redaction.redact(text)) is not text:
        record.msg, record.args = cleaned, None
    if record.exc_info and record.exc_info[1] is not None and _has_key(record.exc_info[1]):
        record.exc_text = redaction.redact(_plain.formatException(record.exc_info))
        record.exc_info = None
    if record.stack_info:
        record.stack_info = redaction.redact(record.stack_info)


def _clean_extra(record: logging.LogRecord) -> None:
    """The same for what was added to it since, and for the logger's name."""
    if not any(redactor.forms for redactor in redaction.active_redactors()):
        return
    fields = vars(record)
    added = ["name", *(name for name in fields if name not in _OF_ALL)]
    if _has_keys("\n".join([_told(fields[name]) for name in added])):
        for name in added:
            fields[name] = _cleaned(fields[name])


def _cleaned(value: Any) -> Any:
    if not _has_keys(_told(value)):
        return value
    data = redaction.redact_data(value)
    return redaction.redact(_shown(data)) if _has_keys(_told(data)) else data


def _told(value: Any) -> str:
    """All that a formatter might make of it."""
    return value if isinstance(value, str) else f"{_shown(value)} {_shown(value, str)}"


def _has_keys(text: str) -> bool:
    return redaction.redact(text, refresh=False) is not text


def _text(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    # A handler would tell both on the standard error stream.
    except Exception:  # noqa: BLE001 - anybody's `__str__`
        return f"{record.msg!r} {record.args!r}"


def _shown(thing: object, by: Callable[[object], str] = repr) -> str:
    try:
        return by(thing)
    except Exception:  # noqa: BLE001 - anybody's `__repr__`
        return object.__repr__(thing)


def _has_key(error: BaseException) -> bool:
    text = "".join(traceback.format_exception(error))
    return redaction.redact(text) is not text
