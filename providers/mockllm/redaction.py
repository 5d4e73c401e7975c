"""Taking keys and tokens out of what is written to a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["SECRET", "Redactor", "header_secrets"]

SECRET = "[secret]"

_HEADERS = ("authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key")
_SHORTEST = 6

# How the keys of well-known services begin, and how long they are at least.
_KEYS = re.compile(
    r"\b(?:sk-[\w-]{8,}|(?:gsk|hf|r8|npm)_\w{16,}|(?:nvapi|xai|pplx|tvly)-[\w-]{16,}"  # models and tools
    r"|gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|pypi-[\w-]{16,}"
    r"|xox[a-z]-[\w-]{10,}|xapp-[\w-]{16,}|[sr]k_(?:live|test)_\w{10,}|whsec_\w{16,}"
    r"|AIza[\w-]{30,}|ya29\.[\w-]{16,}|(?:AKIA|ASIA)[A-Z0-9]{16}|dapi[0-9a-f]{32}|lsv2_[ps][kt]_\w{16,}"
    r"|SG\.[\w-]{16,}\.[\w-]{16,}|eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]+)?)"
)
# What is assigned to such a name, unless it is an expression: a call, a part of something, a placeholder.
_ASSIGNED = re.compile(
    r"(?i)(?P<name>password|passwd|secret|token|(?:api|access|secret|private)[_-]?key)"
    r"(?P<sign>['\"]?\s*(?::=|[:=](?!=))\s*['\"]?)(?![\w.]*[(\[])[^\s'\",;(){}\[\]<>$]{6,}"
)
_IN_URL = re.compile(r"(?P<name>\w://[^\s/:@]*)(?P<sign>:)[^\s/@\[]{3,}(?=@)")
_PEM = re.compile(r"(?P<name>-----BEGIN [A-Z ]*PRIVATE KEY)(?P<sign>-----)[^-]+(?=-----END )")
_HEADER = re.compile(
    r"(?i)\b(?P<name>authorization|x-api-key|api-key)(?P<sign>['\"]?\s*[:=]\s*['\"]?)[^\s'\",;]+"
)
_SCHEME = re.compile(r"(?i)\b(?P<scheme>bearer|basic)\s+(?P<token>[\w.~+/=-]{8,})")


class Redactor:
    """Puts `[secret]` in the place of given secrets, and of what looks like one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = sorted(secrets, key=len, reverse=True)

    def text(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, SECRET)
        text = _SCHEME.sub(rf"\g<scheme> {SECRET}", text)
        text = _KEYS.sub(SECRET, _HEADER.sub(_header, text))
        for shape in (_ASSIGNED, _IN_URL, _PEM):
            text = shape.sub(rf"\g<name>\g<sign>{SECRET}", text)
        return text

    def value(self, value: Any) -> Any:
        """The same for the texts in a value of JSON, its keys included."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(name)): self.value(each) for name, each in value.items()}
        return [self.value(each) for each in value] if isinstance(value, list | tuple) else value


def header_secrets(headers: Mapping[str, str]) -> set[str]:
    """The secrets in a request's headers: whole values, and the token after a scheme such as Bearer."""
    values = [value for name, value in headers.items() if name.lower() in _HEADERS]
    words = {word for value in values for word in (value, value.split(" ")[-1])}
    return {word for word in words if len(word) >= _SHORTEST}


def _header(found: re.Match[str]) -> str:
    is_scheme = found[0].lower().endswith(("bearer", "basic"))  # its token is gone already
    return found[0] if is_scheme else f"{found['name']}{found['sign']}{SECRET}"
