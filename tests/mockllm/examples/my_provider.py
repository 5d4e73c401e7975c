# A published example, kept as it was printed.
# ruff: noqa
# fmt: off
# In your external package: my_provider.py
from mockllm.providers.base import LLMProvider
from mockllm.registry import register_provider

@register_provider(name="external")  # restored: `, ...` after the name
class ExternalProvider(LLMProvider):
    pass
