"""Taking keys and tokens out of what is written to a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["SECRET", "Redactor", "header_secrets"]

SECRET = "[secret]"

_HEADERS = ("authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key")
_SHORTEST = 6

# Keys of OpenAI and Anthropic, Hugging Face, GitHub, GitLab, Slack, Google and AWS; and web tokens.
_KEYS = re.compile(
    r"\b(?:sk-[\w-]{8,}|hf_\w{16,}|gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{10,}"
    r"|AIza[\w-]{30,}|AKIA[A-Z0-9]{16}|eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]+)?)"
)
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
        return _KEYS.sub(SECRET, _HEADER.sub(_header, text))

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
