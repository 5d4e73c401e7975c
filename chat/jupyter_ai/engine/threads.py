"""Daemon threads for synchronous work inside a run, so that hung work delays neither others nor shutdown."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import ParamSpec, TypeVar

from jupyter_ai.engine.run import current_run

__all__ = ["RunExecutor"]

P = ParamSpec("P")
T = TypeVar("T")

_MAX_IDLE = 32

Work = Callable[[], None]


class RunExecutor(ThreadPoolExecutor):
    """A loop's default executor that gives the work of runs daemon threads without limit.

    LangChain sends every synchronous model, tool and callback to the loop's default executor. Its few
    threads are shared by the whole server and joined at exit: six hung models would hold up everybody.
    Work submitted inside a run goes to an idle daemon thread or a new one; all other work to `others`,
    the pool that a loop would have had.
    """

    def __init__(self) -> None:
        super().__init__(thread_name_prefix="asyncio")
        self._idle: SimpleQueue[SimpleQueue[Work | None]] = SimpleQueue()
        self._closed = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run `fn` on a thread; inside of a run, at once."""
        if current_run() is None:
            return super().submit(fn, *args, **kwargs)
        future: Future[T] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(fn(*args, **kwargs))
            # A future refuses StopIteration, which would leave its waiter waiting for ever.
            except StopIteration as e:
                future.set_exception(RuntimeError(f"{fn!r} raised {e!r}"))
            # Whatever else the work raises belongs to whoever awaits it.
            except BaseException as e:  # noqa: BLE001
                future.set_exception(e)

        self._hand_over(work)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the idle threads of runs end, and wait for none that is at work."""
        self._closed = True
        with suppress(Empty):
            while True:
                self._idle.get_nowait().put(None)
        super().shutdown(wait, cancel_futures=cancel_futures)

    def _hand_over(self, work: Work) -> None:
        inbox: SimpleQueue[Work | None]
        try:
            inbox = self._idle.get_nowait()
        except Empty:
            inbox = SimpleQueue()
            threading.Thread(target=self._serve, args=(inbox,), name="jupyter-ai-run", daemon=True).start()
        inbox.put(work)

    def _serve(self, inbox: SimpleQueue[Work | None]) -> None:
        while (work := inbox.get()) is not None:
            work()
            del work  # what it holds (a model's iterator, its connection) closes now, not with the next work
            if self._closed or self._idle.qsize() >= _MAX_IDLE:
                return
            self._idle.put(inbox)
