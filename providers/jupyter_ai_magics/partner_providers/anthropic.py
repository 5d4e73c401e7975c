"""Anthropic's Claude."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import anthropic
from langchain_anthropic import ChatAnthropic

from jupyter_ai_magics.catalogue import described
from jupyter_ai_magics.network import proxy_of, ssl_context
from jupyter_ai_magics.partner_providers.base import PartnerProvider

__all__ = ["ChatAnthropicProvider"]


@described
class ChatAnthropicProvider(PartnerProvider, ChatAnthropic):
    """Claude, through Anthropic's own API."""

    ca_bundle: str | None = None  # the path of a PEM file; the partner's class takes none

    @cached_property
    def _client(self) -> Any:
        if not self.ca_bundle:
            return super()._client
        http_client = anthropic.DefaultHttpxClient(**self._connection())
        return anthropic.Client(**self._client_params, http_client=http_client)

    @cached_property
    def _async_client(self) -> Any:
        if not self.ca_bundle:
            return super()._async_client
        http_client = anthropic.DefaultAsyncHttpxClient(**self._connection())
        return anthropic.AsyncClient(**self._client_params, http_client=http_client)

    def _connection(self) -> dict[str, Any]:
        bundle = str(self.ca_bundle)
        return {"proxy": proxy_of(self.anthropic_proxy, bundle), "verify": ssl_context(bundle)}
