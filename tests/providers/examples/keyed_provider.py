# A published example, kept as it was printed.
# ruff: noqa
# fmt: off
"""The provider of "API keys and fields for custom providers".

Restored, where the text lost lines: the entries of `models` with the closing bracket, the closing brackets of
`auth_strategy`, `fields` and `kwargs["responses"]`, and the call of `super().__init__` (as in the first
example of the same page).
"""
from typing import ClassVar, List
from jupyter_ai_magics import BaseProvider
from jupyter_ai_magics.providers import EnvAuthStrategy, Field, TextField, MultilineTextField
from langchain_community.llms import FakeListLLM

class MyProvider(BaseProvider, FakeListLLM):
    id = "my_provider"
    name = "My Provider"
    model_id_key = "model"
    models = [
        "model_a",  # restored
        "model_b",  # restored
    ]  # restored

    auth_strategy = EnvAuthStrategy(
        name="MY_API_KEY", keyword_param="my_api_key_param"
    )  # restored

    fields: ClassVar[List[Field]] = [
        TextField(key="my_llm_parameter", label="The name for my_llm_parameter to show in the UI"),
        MultilineTextField(key="custom_config", label="Custom Json Config", format="json"),
    ]  # restored

    def __init__(self, **kwargs):
        model = kwargs.get("model_id")
        kwargs["responses"] = (
            ["This is a response from model 'a'"]
            if model == "model_a" else
            ["This is a response from model 'b'"]
        )  # restored
        super().__init__(**kwargs)  # restored
