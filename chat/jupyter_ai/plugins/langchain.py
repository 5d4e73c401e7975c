"""What to import instead of the modules that LangChain 1.x has given up, for plug-ins written before it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import NamedTuple

__all__ = ["langchain_advice"]

_MODEL_MODULES = {
    "BaseChatModel": "langchain_core.language_models",
    "BaseLLM": "langchain_core.language_models",
    "FakeListChatModel": "langchain_core.language_models",
    "FakeListLLM": "langchain_core.language_models",
    "LLM": "langchain_core.language_models",
    "SimpleChatModel": "langchain_core.language_models",
    "AzureChatOpenAI": "langchain_openai",
    "AzureOpenAI": "langchain_openai",
    "ChatAnthropic": "langchain_anthropic",
    "ChatOllama": "langchain_ollama",
    "ChatOpenAI": "langchain_openai",
    "Ollama": "langchain_ollama.llms",
    "OpenAI": "langchain_openai",
}
_EMBEDDING_MODULES = {
    "Embeddings": "langchain_core.embeddings",
    "FakeEmbeddings": "langchain_core.embeddings",
    "AzureOpenAIEmbeddings": "langchain_openai",
    "OllamaEmbeddings": "langchain_ollama",
    "OpenAIEmbeddings": "langchain_openai",
}
_PART_MODULES = {
    "AIMessage": "langchain_core.messages",
    "AIMessageChunk": "langchain_core.messages",
    "AgentAction": "langchain_core.agents",
    "AgentFinish": "langchain_core.agents",
    "BaseChatMessageHistory": "langchain_core.chat_history",
    "BaseLanguageModel": "langchain_core.language_models",
    "BaseMessage": "langchain_core.messages",
    "BaseOutputParser": "langchain_core.output_parsers",
    "BasePromptTemplate": "langchain_core.prompts",
    "BaseRetriever": "langchain_core.retrievers",
    "ChatGeneration": "langchain_core.outputs",
    "ChatMessage": "langchain_core.messages",
    "ChatResult": "langchain_core.outputs",
    "Document": "langchain_core.documents",
    "Generation": "langchain_core.outputs",
    "HumanMessage": "langchain_core.messages",
    "LLMChain": "langchain_classic.chains",
    "LLMResult": "langchain_core.outputs",
    "OutputParserException": "langchain_core.exceptions",
    "PromptTemplate": "langchain_core.prompts",
    "StrOutputParser": "langchain_core.output_parsers",
    "SystemMessage": "langchain_core.messages",
    "messages_from_dict": "langchain_core.messages",
    "messages_to_dict": "langchain_core.messages",
}
_NAMES = {**_MODEL_MODULES, **_EMBEDDING_MODULES, **_PART_MODULES}

# By the longest beginning that fits; None: it depends on the name alone.
_MODULES: Mapping[str, str | None] = {
    "langchain": None,
    "langchain.base_language": "langchain_core.language_models",
    "langchain.callbacks": "langchain_core.callbacks",
    "langchain.chains": "langchain_classic.chains",
    "langchain.chat_models": "langchain_community.chat_models",
    "langchain.chat_models.base": "langchain_core.language_models",
    "langchain.docstore": "langchain_core.documents",
    "langchain.document_loaders": "langchain_community.document_loaders",
    "langchain.embeddings": "langchain_community.embeddings",
    "langchain.embeddings.base": "langchain_core.embeddings",
    "langchain.globals": "langchain_core.globals",
    "langchain.llms": "langchain_community.llms",
    "langchain.llms.base": "langchain_core.language_models",
    "langchain.memory": "langchain_classic.memory",
    "langchain.output_parsers": "langchain_core.output_parsers",
    "langchain.prompts": "langchain_core.prompts",
    "langchain.pydantic_v1": "pydantic",
    "langchain.retrievers": "langchain_classic.retrievers",
    "langchain.schema": None,
    "langchain.schema.messages": "langchain_core.messages",
    "langchain.schema.output": "langchain_core.outputs",
    "langchain.schema.output_parser": "langchain_core.output_parsers",
    "langchain.schema.runnable": "langchain_core.runnables",
    "langchain.text_splitter": "langchain_text_splitters",
    "langchain.utilities": "langchain_community.utilities",
    "langchain.vectorstores": "langchain_community.vectorstores",
}

_CANNOT_IMPORT = re.compile(r"cannot import name '(?P<name>\w+)' from '(?P<module>[\w.]+)'")


class _Import(NamedTuple):
    """A statement that failed: `from module import names`, or `import module`."""

    module: str
    names: tuple[str, ...] = ()


def langchain_advice(exc: ImportError) -> str | None:
    """What to import instead, if an import failed because LangChain 1.x has moved something; else None."""
    failed = _failed_import(exc)
    if failed is None or failed.module.partition(".")[0] != "langchain":
        return None
    moved = _moved(failed)
    if not moved:
        return None
    lost = _CANNOT_IMPORT.match(str(exc))
    what = f"`{lost['module']}` has no `{lost['name']}`" if lost else f"`{failed.module}` does not exist"
    return f"{what} in LangChain 1.x: import {' and '.join(moved)}"


def _moved(failed: _Import) -> list[str]:
    """The imports to write, as "`name` from `module`" or "`module`"; none if nothing is known of them."""
    module = _new_module(failed.module)
    if not failed.names:
        return [f"`{module}`"] if module else []
    homes: dict[str, list[str]] = {}
    for name in failed.names:
        home = _NAMES.get(name, module) if module != "pydantic" else module
        if home is not None:
            homes.setdefault(home, []).append(f"`{name}`")
    return [f"{', '.join(names)} from `{home}`" for home, names in homes.items()]


def _new_module(old: str) -> str | None:
    while old not in _MODULES:
        old = old.rpartition(".")[0]
        if old in ("", "langchain"):
            return None
    return _MODULES[old]


def _failed_import(exc: ImportError) -> _Import | None:
    """The statement, from the message if that tells all of it, else from the source."""
    if match := _CANNOT_IMPORT.match(str(exc)):
        return _Import(match["module"], (match["name"],))
    if exc.name is None or exc.name.partition(".")[0] != "langchain":
        return None
    return _statement(exc.__traceback__) or _Import(exc.name)


def _statement(tb: TracebackType | None) -> _Import | None:
    """The innermost import of LangChain in a traceback: the message may name the package alone."""
    import traceback

    frames = [frame for frame in traceback.extract_tb(tb) if not frame.filename.startswith("<frozen")]
    found = (each for frame in reversed(frames) for each in _imports_at(frame.filename, frame.lineno or 0))
    return next((each for each in found if each.module.partition(".")[0] == "langchain"), None)


def _imports_at(path: str, line: int) -> Iterator[_Import]:
    """The imports that a line is a part of; none if the source cannot be read."""
    import ast
    import linecache

    try:
        tree = ast.parse("".join(linecache.getlines(path)))
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom | ast.Import) and node.lineno <= line <= (node.end_lineno or line):
            names = tuple(alias.name for alias in node.names)
            if isinstance(node, ast.ImportFrom):
                yield _Import(node.module or "", names)
            else:
                yield from map(_Import, names)
