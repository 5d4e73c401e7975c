# A published example, kept as it was printed.
# ruff: noqa
# fmt: off
# restored: the imports
from mockllm.providers.base import LLMProvider
from mockllm.registry import register_provider


@register_provider(
    name="custom",
    config_schema={
        "type": "object",
        "properties": {
            "api_version": {"type": "string"},
            "custom_setting": {"type": "boolean"}
        }
    }
)
class CustomProvider(LLMProvider):
    def __init__(self, config):
        super().__init__(config)
        # Access provider-specific config
        self.api_version = config.provider_config.get(
            "api_version", "v1"
        )
