"""Which versions of what we work with are installed, and whether they suit each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib import metadata

from jupyter_ai import __version__
from jupyter_ai.doctor.finding import Finding
from jupyter_ai.plugins.clashes import canonical
from jupyter_ai.plugins.record import OURS

__all__ = ["versions"]

_BASE = ("jupyter_server", "jupyterlab", "notebook", "langchain-core", "langchain", "pydantic", "tornado")
_OUR_MODULES = ("jupyter_ai", "jupyter_ai_magics", "mockllm")
_FAMILY = re.compile(r"jupyter-ai(-.*)?|mockllm")
_REMEDY = "pip uninstall {name}` and then `pip install --force-reinstall --no-deps jupyter_ai"


def versions(plugin_packages: Iterable[str] = ()) -> Iterator[Finding]:
    """Ours, what it rests on, the partners' packages; who took our place, and what lacks a requirement."""
    yield Finding("versions", "jupyter_ai", "ok", __version__)
    for name in (*_BASE, *_partners()):
        if (found := _version(name)) is not None:
            yield Finding("versions", name, "ok", found)
    yield from _intruders()
    for name in dict.fromkeys([OURS, *plugin_packages]):
        yield from _unmet(name)


def _partners() -> list[str]:
    from jupyter_ai_magics.catalogue import CARDS

    packages = (module.replace("_", "-") for card in CARDS for module in card.requires)
    return [name for name in dict.fromkeys(packages) if name not in _BASE]


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _intruders() -> Iterator[Finding]:
    """Distributions that wrote modules of the names that we serve, or that go by our name."""
    for dist in metadata.distributions():
        name = canonical(dist.name or "")
        if not _FAMILY.fullmatch(name):
            continue
        if name == OURS and dist.version == __version__:
            continue
        if name == OURS or _has_our_modules(dist):
            both = f"{dist.name} {dist.version} and jupyter_ai {__version__}"
            text = f"{both} are installed over each other: both have the same modules"
            remedy = f"run `{_REMEDY.format(name=dist.name)}=={__version__}`"
            yield Finding("versions", name, "problem", text, str(dist.locate_file("")), remedy)


def _has_our_modules(dist: metadata.Distribution) -> bool:
    return any(file.suffix == ".py" and file.parts[0] in _OUR_MODULES for file in dist.files or ())


def _unmet(name: str) -> Iterator[Finding]:
    """The requirements of a distribution that are not there, or there in a version that it does not take."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        texts = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return
    for text in texts:
        try:
            required = Requirement(text)
        except InvalidRequirement:
            continue  # pip refuses such a package itself
        if required.marker is None or required.marker.evaluate({"extra": ""}):
            yield from _met(name, required.name, _version(required.name), str(required.specifier), text)


def _met(name: str, required: str, found: str | None, specifier: str, text: str) -> Iterator[Finding]:
    from packaging.specifiers import SpecifierSet

    if found is None:
        told = f"{name} requires {required}, which is not installed"
    elif not SpecifierSet(specifier).contains(found, prereleases=True):
        told = f"{name} requires {required}{specifier}, and {found} is installed"
    else:
        return
    ours = canonical(required) == OURS
    remedy = f"look for a version of {name} that takes jupyter_ai {__version__}" if ours else None
    wanted = text.partition(";")[0].strip()
    yield Finding("versions", name, "problem", told, remedy=remedy or f'run `pip install "{wanted}"`')
