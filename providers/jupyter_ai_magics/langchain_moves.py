"""What to import instead of the modules that LangChain 1.x has given up, for plug-ins written before it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import NamedTuple

__all__ = ["Import", "imports_in", "langchain_advice", "langchain_moves"]

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
_TOOL_MODULES = dict.fromkeys(("BaseTool", "StructuredTool", "Tool", "tool"), "langchain_core.tools")
_STORE_MODULES = {
    "BaseCache": "langchain_core.caches",
    "BaseMemory": "langchain_classic.base_memory",
    "BaseStore": "langchain_core.stores",
    "InMemoryByteStore": "langchain_core.stores",
    "InMemoryCache": "langchain_core.caches",
    "InMemoryStore": "langchain_core.stores",
}
_NAMES = {**_MODEL_MODULES, **_EMBEDDING_MODULES, **_PART_MODULES, **_TOOL_MODULES, **_STORE_MODULES}

# By the longest beginning that fits. All else of `langchain` is in `langchain_classic` under its old name.
_MODULES: Mapping[str, str] = {
    "langchain.base_language": "langchain_core.language_models",
    "langchain.cache": "langchain_community.cache",
    "langchain.callbacks": "langchain_core.callbacks",
    "langchain.chat_models": "langchain_community.chat_models",
    "langchain.chat_models.base": "langchain_core.language_models",
    "langchain.docstore": "langchain_core.documents",
    "langchain.document_loaders": "langchain_community.document_loaders",
    "langchain.embeddings": "langchain_community.embeddings",
    "langchain.embeddings.base": "langchain_core.embeddings",
    "langchain.globals": "langchain_core.globals",
    "langchain.llms": "langchain_community.llms",
    "langchain.llms.base": "langchain_core.language_models",
    "langchain.load": "langchain_core.load",
    "langchain.output_parsers": "langchain_core.output_parsers",
    "langchain.prompts": "langchain_core.prompts",
    "langchain.pydantic_v1": "pydantic",
    "langchain.schema.messages": "langchain_core.messages",
    "langchain.schema.output": "langchain_core.outputs",
    "langchain.schema.output_parser": "langchain_core.output_parsers",
    "langchain.schema.runnable": "langchain_core.runnables",
    "langchain.text_splitter": "langchain_text_splitters",
    "langchain.tools": "langchain_community.tools",
    "langchain.utilities": "langchain_community.utilities",
    "langchain.utils": "langchain_core.utils",
    "langchain.vectorstores": "langchain_community.vectorstores",
    "langchain_core.graph_vectorstores": "langchain_community.graph_vectorstores",
    "langchain_core.memory": "langchain_classic.base_memory",
    "langchain_core.pydantic_v1": "pydantic",
}

# What LangChain 1.x has, by module; None: all that is named there.
_KEPT: Mapping[str, frozenset[str] | None] = {
    "langchain": frozenset({"agents", "chat_models", "embeddings", "messages", "rate_limiters", "tools"}),
    "langchain.agents": frozenset({"AgentState", "create_agent", "middleware", "structured_output"}),
    "langchain.agents.middleware": None,
    "langchain.agents.structured_output": None,
    "langchain.chat_models": frozenset({"BaseChatModel", "init_chat_model"}),
    "langchain.embeddings": frozenset({"Embeddings", "init_embeddings"}),
    "langchain.messages": None,
    "langchain.rate_limiters": None,
    "langchain.tools": frozenset(
        {
            "BaseTool",
            "InjectedState",
            "InjectedStore",
            "InjectedToolArg",
            "InjectedToolCallId",
            "ToolException",
            "ToolRuntime",
            "tool",
        }
    ),
}

_CANNOT_IMPORT = re.compile(r"cannot import name '(?P<name>\w+)' from '(?P<module>[\w.]+)'")


class Import(NamedTuple):
    """A statement: `from module import names`, or `import module`."""

    module: str
    names: tuple[str, ...] = ()


def langchain_advice(exc: ImportError) -> str | None:
    """What to import instead, if an import failed because LangChain 1.x has moved something; else None."""
    failed = _failed_import(exc)
    if failed is None or not _is_langchain(failed.module):
        return None
    moved = _moved(failed)
    if not moved:
        return None
    lost = _CANNOT_IMPORT.match(str(exc))
    what = f"`{lost['module']}` has no `{lost['name']}`" if lost else f"`{failed.module}` does not exist"
    return f"{what} in LangChain 1.x: import {' and '.join(moved)}"


def langchain_moves(wanted: Import) -> list[str]:
    """The imports to write, as "`name` from `module`" or "`module`"; none for what LangChain 1.x has."""
    is_core = wanted.module.partition(".")[0] == "langchain_core"
    if not _is_langchain(wanted.module) or (is_core and _new_module(wanted.module) is None):
        return []
    return _moved(wanted)


def _moved(wanted: Import) -> list[str]:
    """The same for an import that has failed."""
    if _is_kept(wanted):
        return []
    module = _new_module(wanted.module)
    if not wanted.names:
        return [f"`{module}`"] if module else []
    homes: dict[str, list[str]] = {}
    for name in wanted.names:
        home = _NAMES.get(name, module) if module != "pydantic" else module
        if home is not None:
            homes.setdefault(home, []).append(f"`{name}`")
    return [f"{', '.join(names)} from `{home}`" for home, names in homes.items()]


def _is_kept(wanted: Import) -> bool:
    """Whether LangChain 1.x has it, so that it is not installed, or broken."""
    if any(names is None and wanted.module.startswith(f"{kept}.") for kept, names in _KEPT.items()):
        return True
    if wanted.module not in _KEPT:
        return False
    names = _KEPT[wanted.module]
    return names is None or names.issuperset(wanted.names)


def _new_module(old: str) -> str | None:
    """Where a module's names are now; None if that is not known."""
    known = old
    while known and known not in _MODULES:
        known = known.rpartition(".")[0]
    if known:
        return _MODULES[known]
    top, _, rest = old.partition(".")
    return ".".join(filter(None, ("langchain_classic", rest))) if top == "langchain" else None


def _is_langchain(module: str) -> bool:
    return module.partition(".")[0] in ("langchain", "langchain_core")


def _failed_import(exc: ImportError) -> Import | None:
    """The statement, from the message if that tells all of it, else from the source."""
    if match := _CANNOT_IMPORT.match(str(exc)):
        return Import(match["module"], (match["name"],))
    if exc.name is None or not _is_langchain(exc.name):
        return None
    return _statement(exc.__traceback__) or Import(exc.name)


def _statement(tb: TracebackType | None) -> Import | None:
    """The innermost import of LangChain in a traceback: the message may name the package alone."""
    import traceback

    frames = [frame for frame in traceback.extract_tb(tb) if not frame.filename.startswith("<frozen")]
    found = (each for frame in reversed(frames) for each in _imports_at(frame.filename, frame.lineno or 0))
    return next((each for each in found if _is_langchain(each.module)), None)


def _imports_at(path: str, line: int) -> Iterator[Import]:
    """The imports that a line is a part of; none if the source cannot be read."""
    import linecache

    try:
        tree = ast.parse("".join(linecache.getlines(path)))
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom | ast.Import) and node.lineno <= line <= (node.end_lineno or line):
            yield from imports_in(node)


def imports_in(node: ast.ImportFrom | ast.Import) -> list[Import]:
    """What a statement imports; what it imports from its own package is not told."""
    names = tuple(alias.name for alias in node.names if alias.name != "*")
    if isinstance(node, ast.Import):
        return [Import(name) for name in names]
    return [] if node.level else [Import(node.module or "", names)]
