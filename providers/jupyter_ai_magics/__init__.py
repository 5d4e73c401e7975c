"""Model and embedding providers, and the base classes that plug-ins derive theirs from."""

# Named so for type checkers; importing typing alone would cost as much as all of this module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from jupyter_ai_magics.base_provider import BaseProvider
    from jupyter_ai_magics.embedding_providers import BaseEmbeddingsProvider
    from jupyter_ai_magics.models.persona import JupyternautPersona, Persona

__all__ = ["BaseEmbeddingsProvider", "BaseProvider", "JupyternautPersona", "Persona"]

__version__ = "2.40.0"

_HOMES = {
    "BaseEmbeddingsProvider": "embedding_providers",
    "BaseProvider": "base_provider",
    "JupyternautPersona": "models.persona",
    "Persona": "models.persona",
    # Not in `__all__`, because each needs a package that may not be installed.
    "AI21Provider": "providers",
    "GPT4AllEmbeddingsProvider": "embedding_providers",
    "GPT4AllProvider": "providers",
    "HfHubEmbeddingsProvider": "embedding_providers",
    "HfHubProvider": "providers",
    "QianfanEmbeddingsEndpointProvider": "embedding_providers",
    "QianfanProvider": "providers",
    "TogetherAIProvider": "providers",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
