"""The mock server as an application of FastAPI: the providers, the lists of them, and the journal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Query
from fastapi.responses import JSONResponse

from mockllm import __version__
from mockllm.config import ResponsesConfig
from mockllm.external import load_built_ins, load_entry_points
from mockllm.journal import Journal
from mockllm.live import LiveResponses
from mockllm.recording.recorder import Recorder
from mockllm.registry import ProviderRegistry
from mockllm.registry import registry as default_registry
from mockllm.serving.answers import Answers, default_responses, responses_path
from mockllm.serving.dispatch import Dispatcher
from mockllm.serving.instances import Instances
from mockllm.serving.lenient_paths import LenientPaths
from mockllm.serving.listing import model_entries, model_page, provider_entries
from mockllm.serving.observer import Observer
from mockllm.serving.unknown import UnknownPath

__all__ = ["app", "create_app"]

app: FastAPI
"""The application with the default registry and the file of `responses_path`, made when first used."""


def __getattr__(name: str) -> Any:
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()["app"] = create_app()
    return globals()["app"]


def create_app(
    responses: ResponsesConfig | LiveResponses | Path | None = None,
    *,
    registry: ProviderRegistry | None = None,
    reload: bool = True,
    recorder: Recorder | None = None,
    journal: Journal | None = None,
) -> FastAPI:
    """A server for the providers of a registry; those that are registered later answer as well.

    `responses` is a file, which is read again when it changes, or answers that are not in one; None: the file
    that MOCKLLM_RESPONSES names, else responses.yml or responses.yaml in the working directory, else built-in
    answers. With `reload=False` the file is read once. A `recorder` brings its own answers, and is asked
    what they lack. Without a registry it is the default one, with the built-in and the installed providers.
    Without a journal it is one that keeps the latest 1,000 requests, with bodies up to 64 KiB.
    Raises `ResponsesError` if the file is wrong, or has a provider's configuration that does not suit it.
    `app.state` has `answers`, `journal`, `registry` and `recorder`.
    """
    if registry is None:
        registry = default_registry
        load_built_ins()
        load_entry_points(registry)
    answers = Answers(recorder.live if recorder else _live(responses), registry, reload=reload)
    journal = Journal() if journal is None else journal
    made = FastAPI(title="MockLLM", version=__version__, redirect_slashes=False)
    made.state.answers, made.state.journal, made.state.registry = answers, journal, registry
    made.state.recorder = recorder
    made.router.default = UnknownPath(registry)
    instances = Instances(answers)
    _add_lists(made, registry, instances)
    _add_journal(made, journal)
    made.add_middleware(
        Dispatcher,
        registry=registry,
        instances=instances,
        answers=answers,
        journal=journal,
        recorder=recorder,
    )
    made.add_middleware(LenientPaths, registry=registry)
    made.add_middleware(Observer, journal=journal)  # the outermost
    return made


def _live(responses: ResponsesConfig | LiveResponses | Path | None) -> LiveResponses:
    if isinstance(responses, LiveResponses):
        return responses
    if responses is None:
        responses = responses_path() or default_responses()
    return LiveResponses(responses) if isinstance(responses, Path) else LiveResponses.fixed(responses)


def _add_lists(app: FastAPI, registry: ProviderRegistry, instances: Instances) -> None:
    @app.get("/providers")
    async def providers() -> dict[str, Any]:
        failures = [
            {"name": name, "distribution": distribution, "reason": reason}
            for (distribution, name), reason in registry.failures.items()
        ]
        return {"providers": await provider_entries(registry, instances.get), "failures": failures}

    @app.get("/models")
    @app.get("/v1/models")
    async def models() -> dict[str, Any]:
        return await model_page(registry, instances.get)

    @app.get("/models/{model:path}")
    @app.get("/v1/models/{model:path}")
    async def model(model: str) -> JSONResponse:
        entries = await model_entries(registry, instances.get)
        entry = next((each for each in entries if each["id"] == model), None)
        return JSONResponse(entry) if entry else _no_model(model)


def _add_journal(app: FastAPI, journal: Journal) -> None:
    @app.get("/journal")
    async def find(
        provider: str | None = None, path: str | None = None, limit: Annotated[int, Query(ge=0)] = 100
    ) -> dict[str, Any]:
        return {"entries": [entry.to_dict() for entry in journal.find(provider, path, limit)]}

    @app.get("/journal/{id}")
    async def get(id: int) -> JSONResponse:
        entry = journal.get(id)
        if entry is None:
            return JSONResponse({"error": f"The journal has no entry {id} (any more)."}, 404)
        return JSONResponse(entry.to_dict(with_body=True))

    @app.delete("/journal")
    async def clear() -> dict[str, str]:
        journal.clear()
        return {"status": "cleared"}


def _no_model(model: str) -> JSONResponse:
    # In the form of both OpenAI and Anthropic.
    error = {
        "type": "not_found_error",
        "message": f"No provider lists the model `{model}`.",
        "param": "model",
        "code": "model_not_found",
    }
    return JSONResponse({"type": "error", "error": error}, 404)
