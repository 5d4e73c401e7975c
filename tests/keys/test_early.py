"""Secrets that are known before the extension has its settings."""

from __future__ import annotations

import pytest
from traitlets import TraitError
from traitlets.config import Config
from traitlets.config.loader import KVArgParseConfigLoader

from jupyter_ai.extension import AiExtension
from jupyter_ai.keys.early import configured_secrets, environment_secrets
from jupyter_ai.keys.log_redaction import stop_redacting
from jupyter_ai.keys.redaction import redact

KEY = "sk-planted-0123456789abcdefghijklmnopqrstuvwxyz"


def test_the_environment() -> None:
    environ = {"X_API_KEY": f" {KEY}", "HOME": "/home", "JUPYTER_TOKEN": "for-people", "Y_TOKEN": ""}

    assert environment_secrets(environ) == {KEY: "X_API_KEY"}


@pytest.mark.parametrize("given", [{"A": KEY}, {"A": [KEY]}, KEY, [KEY], f"{{'A': '{KEY}'}}", f"A={KEY}"])
def test_keys_of_whatever_type(given: object) -> None:
    assert KEY in configured_secrets({"AiExtension": {"default_api_keys": given}})


def test_keys_of_a_command_line() -> None:
    config = KVArgParseConfigLoader(
        [f"--AiExtension.default_api_keys=A={KEY}"], classes=[AiExtension]
    ).load_config()

    assert KEY in configured_secrets(config)


def test_headers_and_addresses() -> None:
    found = configured_secrets(
        {
            "AiExtension": {
                "network_headers": {"Authorization": f"Bearer {KEY}"},
                "network_proxy": "http://me:pass%2Fword-1@proxy:3128",
            }
        }
    )

    assert {KEY, f"Bearer {KEY}", "pass/word-1"} <= set(found)
    assert configured_secrets({}) == configured_secrets({"AiExtension": {}}) == {}


@pytest.mark.parametrize("given", [KEY, [KEY], {"A": [KEY]}, {"A": {"B": KEY}}])
@pytest.mark.parametrize("trait", ["default_api_keys", "network_headers"])
def test_an_error_of_a_trait_does_not_show_them(trait: str, given: object) -> None:
    extension = AiExtension()
    try:
        with pytest.raises(TraitError) as raised:
            extension.update_config(Config({"AiExtension": {trait: given}}))
        assert f"`AiExtension.{trait}` is a dictionary" in str(raised.value)
        assert KEY not in str(raised.value)
        assert KEY not in redact(f"Config changed: {given}")
    finally:
        assert extension._redactor is not None
        stop_redacting(extension._redactor)
