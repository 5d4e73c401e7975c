"""Makes what completes code on a server, from its plug-ins and what its administrator decided."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from jupyter_ai.completions.choice import described
from jupyter_ai.completions.context import ContextBuilder
from jupyter_ai.completions.filters import filtered
from jupyter_ai.completions.providers import InlineProviders
from jupyter_ai.completions.selector import grouping
from jupyter_ai.completions.service import CompletionService

if TYPE_CHECKING:
    from jupyter_ai.completions.base import BaseInlineCompletionProvider
    from jupyter_ai.server.host import EngineHost

__all__ = ["make_service"]


def make_service(host: EngineHost, settings: dict[str, Any]) -> CompletionService:
    """The completions of this host; `settings` are the server's, which providers read."""

    def make(cls: type[BaseInlineCompletionProvider]) -> BaseInlineCompletionProvider:
        return cls(
            log=host.log,
            config_manager=host.config_manager,
            root_dir=host.options.root_dir,
            server_settings=MappingProxyType(settings),
        )

    disabled = host.options.disabled_completion_providers or ()
    service = CompletionService(
        InlineProviders(host.find_plugins(), make, disabled=disabled, log=host.log),
        log=host.log,
        listeners=[host.completion_telemetry],
        filter=filtered,
        context=ContextBuilder(host.options.root_dir, settings, host.log),
        speculate=host.options.speculative_completions,
        group=grouping(host.options.completions.experiment),
    )
    host.completion_telemetry.follow(service, described)
    return service
