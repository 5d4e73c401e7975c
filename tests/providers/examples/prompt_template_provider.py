# A published example, kept as it was printed, but for what is marked.
# ruff: noqa
# fmt: off
"""The provider of "Customizing prompt templates".

Restored: the import of the bases, the properties that the text leaves to "as above", the closing bracket
that it lost, and `==` for `===`. Changed: `PromptTemplate` comes from `langchain_core.prompts`, because
LangChain 1.x has no `langchain.prompts`; a test shows that the import as printed is answered with this one.
"""
from jupyter_ai_magics import BaseProvider  # restored
from langchain_community.llms import FakeListLLM  # restored
from langchain_core.prompts import PromptTemplate  # changed: from langchain.prompts

class MyProvider(BaseProvider, FakeListLLM):
    # (... properties as above ...)
    id = "my_provider"  # restored
    name = "My Provider"  # restored
    model_id_key = "model"  # restored
    models = ["model_a", "model_b"]  # restored

    def __init__(self, **kwargs):  # restored
        kwargs["responses"] = ["This is a response"]  # restored
        super().__init__(**kwargs)  # restored

    def get_prompt_template(self, format) -> PromptTemplate:
        if format == "code":  # restored: === is no Python
            return PromptTemplate.from_template(
                "{prompt}\n\nProduce output as source code only, "
                "with no text or explanation before or after it."
            )  # restored
        return super().get_prompt_template(format)
