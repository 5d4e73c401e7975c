"""The models among which people choose the one that completes code, described."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jupyter_ai.completions.choice import CompletionChoice, family_of, model_name, vendor_of
from jupyter_ai.config.completions import AUTO, ENDPOINT, SERVERS_CHOICE, CompletionSettings
from jupyter_ai.models import CompletionModelEntry, ListProvidersEntry

__all__ = ["describe_models"]


def describe_models(
    choice: CompletionChoice,
    settings: CompletionSettings,
    providers: Iterable[ListProvidersEntry],
    more: Iterable[str] = (),
) -> list[CompletionModelEntry]:
    """`auto`, the models of the endpoint and those of all `providers`; those that are not allowed left out.

    `more` names others that are in use, of providers that do not list theirs.
    """
    found = [_automatic(choice), *(_of_endpoint(choice, gid) for gid in settings.of_endpoint())]
    known = list(providers)
    found += [entry for provider in known for entry in _of_provider(choice, provider)]
    listed = {entry.id for entry in found}
    by_id = {provider.id: provider for provider in known}
    for gid in more:
        provider = by_id.get(gid.partition(":")[0])
        if provider is not None and gid not in listed:
            found.append(_entry(choice, provider, gid.partition(":")[2]))
    return [entry for entry in found if choice.is_allowed(entry.id)]


def _automatic(choice: CompletionChoice) -> CompletionModelEntry:
    reason = choice.why_not(AUTO)
    return CompletionModelEntry(
        id=AUTO,
        name=model_name(AUTO),
        description="Chooses a model for each request: mostly the one that answers fastest.",
        vendor="",
        family="",
        available=reason is None,
        reason=reason,
    )


def _of_endpoint(choice: CompletionChoice, gid: str) -> CompletionModelEntry:
    reason = choice.why_not(gid)
    is_open = gid == SERVERS_CHOICE
    return CompletionModelEntry(
        id=gid,
        name=model_name(gid),
        description="The endpoint of this server" + (", which chooses the model." if is_open else "."),
        vendor=ENDPOINT,
        family="" if is_open else family_of(gid.partition(":")[2]),
        available=reason is None,
        reason=reason,
    )


def _of_provider(choice: CompletionChoice, provider: ListProvidersEntry) -> Iterator[CompletionModelEntry]:
    models = provider.completion_models or []
    return (_entry(choice, provider, model) for model in models if model != "*")


def _entry(choice: CompletionChoice, provider: ListProvidersEntry, model: str) -> CompletionModelEntry:
    gid = f"{provider.id}:{model}"
    reason = choice.why_not(gid)
    return CompletionModelEntry(
        id=gid,
        name=model,
        description=f"{model} by {provider.name}.",
        vendor=vendor_of(provider.name),
        family=family_of(model),
        available=reason is None,
        reason=reason,
    )
