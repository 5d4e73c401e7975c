"""What is said of a class that is not what a provider has to be."""

from typing import Any

import pytest

from jupyter_ai_magics import BaseEmbeddingsProvider, BaseProvider
from jupyter_ai_magics.auth import EnvAuthStrategy
from jupyter_ai_magics.fields import TextField
from jupyter_ai_magics.registration import embeddings_provider_problems, provider_problems


def made(base: type, **attributes: Any) -> type:
    return type("Made", (base,), {"id": "p", "name": "P", "models": ["m"], **attributes})


class OwnField(TextField):
    """A plug-in's own kind of field."""


class OwnStrategy(EnvAuthStrategy):
    """A plug-in's own strategy."""


def test_a_class_that_is_right_has_no_problems() -> None:
    fields = (OwnField(key="k", label="K"),)

    assert provider_problems(made(BaseProvider, fields=fields, auth_strategy=OwnStrategy(name="K"))) == []
    for base in (BaseProvider, BaseEmbeddingsProvider):
        assert embeddings_provider_problems(made(base, model_id_key="model")) == []


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("id", "a:b", "`id` is 'a:b': make it a string without colons and white space"),
        ("id", "a b", "`id` is 'a b'"),
        ("id", "a\x00", "`id` is 'a\\x00'"),
        ("id", "", "`id` is ''"),
        ("id", 3, "`id` is 3"),
        ("id", None, "`id` is missing: add `id = …`"),
        ("name", 3, "`name` is 3: make it a string"),
        ("models", "m", "`models` is 'm': make it a list of strings"),
        ("models", [1], "`models` is [1]"),
        ("models", None, "`models` is missing"),
        ("fields", None, "`fields` is None: make it a list of `IntegerField`, "),
        ("fields", [{"key": "k"}], "`fields` is [{'key': 'k'}]"),
        (
            "auth_strategy",
            "KEY",
            "`auth_strategy` is 'KEY': make it None, or an instance of `AwsAuthStrategy`",
        ),
    ],
)
def test_what_is_wrong_is_named_with_what_to_do(name: str, value: Any, told: str) -> None:
    [problem] = provider_problems(made(BaseProvider, **{name: value}))

    assert problem.startswith(told)


def test_a_class_of_another_kind_is_told_what_to_derive_from() -> None:
    assert "no subclass of `jupyter_ai_magics.BaseProvider`" in provider_problems(BaseEmbeddingsProvider)[0]
    assert "no subclass of `jupyter_ai_magics.BaseEmbeddings" in embeddings_provider_problems(object)[0]
