"""How a provider gets its credentials."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

__all__ = ["AuthStrategy", "AwsAuthStrategy", "EnvAuthStrategy", "MultiEnvAuthStrategy", "key_params"]


class EnvAuthStrategy(BaseModel):
    """One key, named like its environment variable and passed on as `keyword_param`."""

    type: Literal["env"] = "env"
    name: str
    keyword_param: str | None = None


class MultiEnvAuthStrategy(BaseModel):
    """Several keys, each named like its environment variable."""

    type: Literal["multienv"] = "multienv"
    names: list[str]


class AwsAuthStrategy(BaseModel):
    """Whatever the AWS client library finds by itself."""

    type: Literal["aws"] = "aws"


AuthStrategy = EnvAuthStrategy | MultiEnvAuthStrategy | AwsAuthStrategy | None


def key_params(strategy: AuthStrategy) -> dict[str, str]:
    """The names of the keys that a strategy needs, each with the constructor's keyword for it."""
    match strategy:
        case EnvAuthStrategy(name=name, keyword_param=keyword):
            return {name: keyword or name.lower()}
        case MultiEnvAuthStrategy(names=names):
            return {name: name.lower() for name in names}
        case _:
            return {}
