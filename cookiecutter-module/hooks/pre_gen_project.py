"""Refuses names that cannot be used, before anything is written. Needs nothing but Python."""

from __future__ import annotations

import json
import keyword
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

# JSON has no three quotes in a row, and a raw string keeps its backslashes.
ANSWERS: dict[str, Any] = json.loads(r"""{{ cookiecutter | jsonify }}""")

# What is built in, or will be: the 2.x series has these names.
COMMANDS = {
    "ask",
    "clear",
    "default",
    "export",
    "fix",
    "generate",
    "help",
    "learn",
    "model",
    "personas",
    "refresh-personas",
    "refresh_personas",
}
CONTEXTS = {"cell", "chat", "error", "file", "notebook", "selection", "url"}
MODULES = {
    "jupyter_ai",
    "jupyter_ai_builtin_handlers",
    "jupyter_ai_builtin_personas",
    "jupyter_ai_magics",
    "jupyter_ai_persona_manager",
    "mockllm",
}
PERSONAS = {"jupyternaut", "reviewer"}
PROVIDERS = {
    "ai21",
    "amazon-bedrock",
    "amazon-bedrock-chat",
    "amazon-bedrock-custom",
    "anthropic-chat",
    "azure",
    "azure-chat-openai",
    "bedrock",
    "bedrock-chat",
    "bedrock-custom",
    "cohere",
    "gemini",
    "gpt4all",
    "huggingface-hub",
    "mistralai",
    "mockllm",
    "nvidia-chat",
    "ollama",
    "openai",
    "openai-chat",
    "openai-chat-custom",
    "openai-custom",
    "openrouter",
    "qianfan",
    "sagemaker-endpoint",
    "together-ai",
    "vertexai",
}

LONGEST = 40  # letters of a name; lines of code hold them


def problems(answers: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the answers, each with what to do about it."""
    yield from _package_problems(answers["package_name"], answers["__provider_id"], answers["persona"])
    yield from _module_problems(answers["module_name"])
    yield from _command_problems(answers["slash_id"], answers["context"])
    for name in ("author", "package_name", "module_name"):
        if not answers[name].strip() or not answers[name].isprintable():
            yield f"{name} is empty, or holds what cannot be printed: {answers[name]!r}"


def _package_problems(name: str, provider_id: str, persona: bool) -> Iterator[str]:
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", name):
        yield (
            f"package_name {name!r} is no name of a package: use ASCII letters, digits, `-`, `_` and `.`, "
            "a letter or a digit first and last"
        )
    elif len(name) > LONGEST:
        yield f"package_name {name!r} is long: use at most {LONGEST} characters"
    distributions = {module.replace("_", "-") for module in MODULES}
    if re.sub("-+", "-", provider_id) in distributions | PROVIDERS | (PERSONAS if persona else set()):
        yield f"package_name {name!r} is the name of something built in: choose another"


def _module_problems(name: str) -> Iterator[str]:
    if not name.isidentifier() or not name.isascii() or keyword.iskeyword(name):
        yield (
            f"module_name {name!r} is no name that Python can import: use letters, digits and `_`, no digit "
            "first, and no word of the language"
        )
    elif len(name) > LONGEST:
        yield f"module_name {name!r} is long: use at most {LONGEST} characters"
    if name in MODULES:
        yield f"module_name {name!r} is a module of jupyter_ai itself: choose another"
    elif name in sys.stdlib_module_names | {"test"}:
        yield f"module_name {name!r} is a module of Python itself: choose another"


def _command_problems(name: str, context: bool) -> Iterator[str]:
    if not re.fullmatch(r"[A-Za-z0-9_]+", name):
        near = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")
        meant = f", such as {near!r}" if near else ""
        yield f"slash_id {name!r} is no slash id: use ASCII letters, digits and `_` only{meant}"
    elif len(name) > LONGEST:
        yield f"slash_id {name!r} is long: use at most {LONGEST} characters"
    if name in COMMANDS:
        yield f"slash_id {name!r} is a command that is built in: choose another"
    if context and name in CONTEXTS:
        yield f"slash_id {name!r} is a context command that is built in: choose another"


if found := list(problems(ANSWERS)):
    print("Nothing was written.", *found, sep="\n  ", file=sys.stderr)
    sys.exit(1)
