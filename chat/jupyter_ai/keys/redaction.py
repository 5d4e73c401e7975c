"""Keys taken out of whatever is shown or written: replies, errors, reports and logs."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jupyter_ai.keys.forms import Form, forms_of, is_secret

__all__ = [
    "Redactor",
    "activate",
    "active",
    "active_redactors",
    "deactivate",
    "redact",
    "redact_data",
    "redact_json",
]

_NEEDLE = 8  # code points at either end of a form; in most of them the many forms of a key are alike

Values = Callable[[], Iterable[str]]


class Redactor:
    """Replaces keys, in all the ways they are written and cut, by their names: `[OPENAI_API_KEY]`.

    `values` tells the keys that are known now; of a mapping, the values are their names. What was known
    once stays so: it may be on its way to a log. May be called from any thread.
    """

    def __init__(self, values: Values) -> None:
        self.values = values
        """Whoever comes to know of more keys puts another function here."""

        self.forms: tuple[Form, ...] = ()
        """Of all keys known so far, the longest first; replaced as a whole."""

        self._lock = threading.Lock()
        self._known: dict[str, str] = {}  # the names by their keys
        self._needles: tuple[str, ...] = ()  # one of them is in every text that has a key

    def __call__(self, text: str, *, refresh: bool = True, parts: bool = True) -> str:
        """`text` without keys; the same object if there is none.

        `refresh`: ask which are known now. `parts`: also without what remains of keys that were cut.
        """
        if refresh:
            self.refresh()
        if not any(needle in text for needle in self._needles):
            return text
        forms = self.forms
        for form in forms:
            text = text.replace(form.text, form.mark)
        # Only then what was cut: keys may begin or end alike.
        for form in forms if parts else ():
            text = _without_parts(text, form)
        return text

    def refresh(self) -> None:
        """Learn the keys that are known now."""
        try:
            values = self.values()
            named = values if isinstance(values, Mapping) else dict.fromkeys(values, "API key")
        # Whatever keeps the keys from being listed must not keep an error from being told.
        except Exception:  # noqa: BLE001
            return
        self.learn(named)

    def learn(self, named: Mapping[str, str]) -> None:
        """Take out these values, too, by their names; words stay."""
        new = {key: name for key, name in named.items() if self._known.get(key) != name and is_secret(key)}
        if not new:
            return
        with self._lock:
            known = {**self._known, **new}
            found = {form.text: form for key, name in known.items() for form in _forms_of(key, name)}
            forms = tuple(sorted(found.values(), key=lambda form: -len(form.text)))
            ends = (end for form in forms for end in (form.head[:_NEEDLE], form.tail[-_NEEDLE:]))
            self._needles = tuple(dict.fromkeys(ends))
            self.forms, self._known = forms, known


def _forms_of(key: str, name: str) -> list[Form]:
    try:
        return list(forms_of(key, name))
    # One that is too strange must not keep the others from being known.
    except Exception:  # noqa: BLE001
        return [Form(key, key, key, f"[{name}]")]


def _without_parts(text: str, form: Form) -> str:
    if form.head not in text and form.tail not in text:
        return text
    text = _replaced(text, form.text, len(form.head), form.mark)
    return _replaced(text[::-1], form.text[::-1], len(form.tail), form.mark[::-1])[::-1]


def _replaced(text: str, whole: str, shortest: int, mark: str) -> str:
    """`text` with `mark` for each beginning of `whole`, `shortest` code points of it or more."""
    pieces, at = [], 0
    while (found := text.find(whole[:shortest], at)) >= 0:
        pieces += [text[at:found], mark]
        at = found + shortest
        for character in whole[shortest:]:
            if text[at : at + 1] != character:
                break
            at += 1
    return "".join([*pieces, text[at:]])


_active: tuple[Redactor, ...] = ()  # of the servers in this process
_lock = threading.Lock()


def activate(redactor: Redactor) -> None:
    """Let `redactor` take keys out of all that is said, answered and logged in this process."""
    global _active  # the log is the process's too
    with _lock:
        _active = (*_active, redactor)


def deactivate(redactor: Redactor) -> None:
    """End what `activate` began; nothing happens if it did not."""
    global _active  # as above
    with _lock:
        _active = tuple(other for other in _active if other is not redactor)


def active() -> bool:
    """Whether any keys are taken out."""
    return bool(_active)


def active_redactors() -> tuple[Redactor, ...]:
    """What takes them out."""
    return _active


def redact(text: str, *, parts: bool = True, refresh: bool = True) -> str:
    """`text` without the keys of the servers in this process; the same object if there is none."""
    for redactor in _active:
        text = redactor(text, parts=parts, refresh=refresh)
    return text


def redact_data(data: Any, *, names: bool = True) -> Any:
    """What JSON can hold, without the keys; a copy if there might be any.

    `names`: also those members of objects that hold a whole key; not for what is ours.
    """
    if not _active:
        return data
    if isinstance(data, str):
        return redact(data)
    if isinstance(data, Mapping):
        return {
            redact(name, parts=False) if names and isinstance(name, str) else name: redact_data(
                value, names=names
            )
            for name, value in data.items()
        }
    if isinstance(data, list | tuple):
        return [redact_data(item, names=names) for item in data]
    return data


def redact_json(text: str) -> str:
    """JSON of ours without the keys in its values; what is no JSON, without any."""
    if not _active or redact(text) is text:
        return text
    try:
        return json.dumps(redact_data(json.loads(text), names=False))
    except (ValueError, RecursionError):
        return redact(text)
