"""Keys in the log, in warnings and in what failing threads print."""

from __future__ import annotations

import io
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from logging.handlers import QueueHandler
from queue import SimpleQueue

import pytest

from jupyter_ai.keys.log_redaction import start_redacting, stop_redacting
from jupyter_ai.keys.redaction import Redactor

KEY = "sk-planted-0123456789abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def redactor() -> Iterator[Redactor]:
    redactor = Redactor(lambda: {KEY: "X_API_KEY"})
    start_redacting(redactor)
    yield redactor
    stop_redacting(redactor)


def fail() -> None:
    try:
        raise KeyError(KEY)
    except KeyError as e:
        raise ValueError(f"refused {KEY}") from e


def test_a_logger_of_anybody_with_a_handler_of_its_own(redactor: Redactor) -> None:
    stream, log = io.StringIO(), logging.getLogger("somebody.elses")
    handler = logging.StreamHandler(stream)
    log.addHandler(handler)
    try:
        log.error("one %s", KEY)
        log.error({"two": KEY})
        log.error(f"three {KEY} %d", "no number")
        log.error("four %(key)s", {"key": KEY}, stack_info=True)
        try:
            fail()
        except ValueError:
            log.exception("five")
    finally:
        log.removeHandler(handler)

    told = stream.getvalue()
    assert KEY not in told
    assert told.count("[X_API_KEY]") >= 6
    assert "ValueError: refused [X_API_KEY]" in told


def test_a_collector_that_looks_at_the_parts_of_a_record(redactor: Redactor) -> None:
    queue: SimpleQueue[logging.LogRecord] = SimpleQueue()
    log = logging.getLogger("collected")
    handler = QueueHandler(queue)
    log.addHandler(handler)
    try:
        log.error("for %s", KEY, exc_info=ValueError(KEY))
    finally:
        log.removeHandler(handler)

    assert KEY not in repr(vars(queue.get()))


class Request:
    def __str__(self) -> str:
        return f"with {KEY}"


def test_what_is_added_to_a_record(redactor: Redactor, caplog: pytest.LogCaptureFixture) -> None:
    extra = {
        "text": f"for {KEY}",
        "data": {"headers": [f"Bearer {KEY}"], "n": 1},
        "request": Request(),
        "error": ValueError(KEY),
        "others": {KEY},
    }

    logging.getLogger("plain").error("hello", extra=extra)

    record = vars(caplog.records[-1])
    assert KEY not in "".join(f"{record[name]} {record[name]!r}" for name in extra)
    assert (record["text"], record["data"]) == (
        "for [X_API_KEY]",
        {"headers": ["Bearer [X_API_KEY]"], "n": 1},
    )


def test_what_an_adapter_adds_without_a_key_stays_as_it_is(
    redactor: Redactor, caplog: pytest.LogCaptureFixture
) -> None:
    extra = {"request": Unshown(), "number": 1, "none": None}

    logging.LoggerAdapter(logging.getLogger("plain"), extra).error("hello")

    assert {name: vars(caplog.records[-1])[name] for name in extra} == extra


class Unshown:
    def __repr__(self) -> str:
        logging.getLogger("unshown").error("I am asked", extra={"me": self})
        raise ValueError


def test_the_name_of_a_logger(redactor: Redactor, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger(f"of.{KEY}").error("hello")

    assert caplog.records[-1].name == "of.[X_API_KEY]"


def test_a_record_without_a_key_stays_as_it_is(redactor: Redactor, caplog: pytest.LogCaptureFixture) -> None:
    error = ValueError("nothing")

    logging.getLogger("plain").error("for %s", "me", exc_info=error)

    record = caplog.records[-1]
    assert (record.msg, record.args, record.exc_info and record.exc_info[1]) == ("for %s", ("me",), error)


def test_warnings(redactor: Redactor, capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        stop_redacting(redactor)
        warnings.showwarning = _show
        start_redacting(redactor)
        warnings.warn(f"deprecated: {KEY}", DeprecationWarning, stacklevel=1)
        stop_redacting(redactor)

        assert warnings.showwarning is _show
    assert capsys.readouterr().out == "DeprecationWarning: deprecated: [X_API_KEY]\n"


def _show(message: object, category: type[Warning], *_: object) -> None:
    print(f"{category.__name__}: {message}")


def test_a_thread_that_fails(redactor: Redactor, capsys: pytest.CaptureFixture[str]) -> None:
    thread = threading.Thread(target=fail, name="worker")
    thread.start()
    thread.join()

    told = capsys.readouterr().err
    assert "Exception in thread worker:" in told
    assert "ValueError: refused [X_API_KEY]" in told
    assert KEY not in told


class Unclean:
    def __del__(self) -> None:
        fail()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_exception_that_nobody_can_take(
    redactor: Redactor, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Unclean()

    told = capsys.readouterr().err
    assert "Unclean.__del__" in told
    assert "ValueError: refused [X_API_KEY]" in told
    assert KEY not in told


def test_what_keeps_the_keys_may_log_too() -> None:
    def values() -> list[str]:
        logging.getLogger("keeper").error("I am asked")
        return [KEY]

    redactor = Redactor(values)
    start_redacting(redactor)
    try:
        logging.getLogger("other").error("hello")
    finally:
        stop_redacting(redactor)


def test_all_is_as_before_when_the_last_one_stops() -> None:
    before = _hooks()
    one, two = Redactor(lambda: [KEY]), Redactor(list)

    start_redacting(one)
    start_redacting(two)
    stop_redacting(one)
    stop_redacting(one)
    assert logging.getLogRecordFactory() is not before[0]
    stop_redacting(two)

    assert _hooks() == before


def _hooks() -> list[object]:
    return [
        logging.getLogRecordFactory(),
        logging.Logger.makeRecord,
        warnings.showwarning,
        threading.excepthook,
        sys.unraisablehook,
    ]
