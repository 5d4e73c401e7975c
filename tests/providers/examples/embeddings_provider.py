# A published example, kept as it was printed, but for one line.
# ruff: noqa
# fmt: off
"""The provider of "Custom embeddings providers".

Changed: `FakeEmbeddings` comes from `langchain_core.embeddings`, because LangChain 1.x has it no more in
`langchain.embeddings`; a test shows that the import as printed is answered with this one.
"""
from jupyter_ai_magics import BaseEmbeddingsProvider
from langchain_core.embeddings import FakeEmbeddings  # changed: from langchain.embeddings

class MyEmbeddingsProvider(BaseEmbeddingsProvider, FakeEmbeddings):
    id = "my_embeddings_provider"
    name = "My Embeddings Provider"
    model_id_key = "model"
    models = ["my_model"]

    def __init__(self, **kwargs):
        super().__init__(size=300, **kwargs)
