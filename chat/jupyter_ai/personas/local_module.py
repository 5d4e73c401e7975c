"""A persona file as a module of its own, and the personas that it defines."""

from __future__ import annotations

import hashlib
import linecache
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from jupyter_ai.personas.base_persona import BasePersona
from jupyter_ai.plugins import PERSONAS, Plugin
from jupyter_ai.plugins.blame import place_of_class, place_of_error
from jupyter_ai.plugins.validation import persona_problems, summarize
from jupyter_ai_magics.failures import is_interrupt

__all__ = ["LocalModule", "failed_file"]

_DISTRIBUTION = "(local file)"


def failed_file(path: Path, reason: str) -> Plugin:
    """A persona file that cannot be used, as it is listed among the plug-ins."""
    return Plugin(PERSONAS, path.name, "", _DISTRIBUTION, state="failed", reason=reason, where=str(path))


@dataclass(eq=False)
class LocalModule:
    """One file that was run: the personas that serve, and what is wrong with it, if anything."""

    path: Path
    source: bytes
    plugins: list[Plugin] = field(default_factory=list)
    problem: str | None = None
    module: ModuleType | None = None

    @classmethod
    def run(cls, path: Path, source: bytes, before: LocalModule | None = None) -> LocalModule:
        """Run a file. Blocks for as long as its code does; what that raises is told as its `problem`.

        If it cannot be used, the personas that the file had `before` go on serving.
        """
        made = cls(path, source)
        try:
            made._run()
        # Somebody's module: it may call sys.exit(), or raise a BaseException of its own.
        except BaseException as error:
            if is_interrupt(error):
                raise
            where = place_of_error(error, _name(path)) or str(path)
            made.problem = f"{summarize(error)} ({where})"
        if made.problem is not None:
            made._put_back(before)
        return made

    def listed(self) -> list[Plugin]:
        """Its personas as they are listed among the plug-ins; if it cannot be used, the file."""
        if self.problem is None:
            return self.plugins
        serves = "; what it was before goes on serving" if self.plugins else ""
        return [failed_file(self.path, f"{self.problem}{serves}")]

    def forget(self) -> None:
        """Take the module away; its file is gone."""
        if sys.modules.get(_name(self.path)) is self.module:
            sys.modules.pop(_name(self.path), None)

    def _run(self) -> None:
        module = self.module = ModuleType(_name(self.path))
        module.__file__ = str(self.path)
        linecache.checkcache(module.__file__)
        sys.modules[module.__name__] = module  # dataclasses and pydantic look there for names
        exec(compile(self.source, module.__file__, "exec", dont_inherit=True), module.__dict__)
        classes = [value for value in vars(module).values() if _is_persona(value, module)]
        if not classes:
            self.problem = "it defines no persona: derive a class from `jupyter_ai.personas.BasePersona`"
        for found in dict.fromkeys(classes):
            self._add(found, len(classes) > 1)

    def _add(self, cls: type[BasePersona], several: bool) -> None:
        if problems := persona_problems(cls):
            self.problem = f"`{cls.__name__}`: {'; '.join(problems)}"
            return
        name = f"{self.path.name}:{cls.__name__}" if several else self.path.name
        target = f"{cls.__module__}:{cls.__qualname__}"
        plugin = Plugin(PERSONAS, name, target, _DISTRIBUTION, state="loaded", obj=cls)
        plugin.where = place_of_class(cls, target)
        self.plugins.append(plugin)

    def _put_back(self, before: LocalModule | None) -> None:
        self.plugins, self.module = (before.plugins, before.module) if before is not None else ([], None)
        sys.modules.pop(_name(self.path), None)
        if self.module is not None:
            sys.modules[self.module.__name__] = self.module


def _name(path: Path) -> str:
    """The module's name: one for each file, that no package has."""
    digest = hashlib.blake2b(str(path).encode(errors="surrogateescape"), digest_size=6).hexdigest()
    return f"_local_persona_{digest}_{re.sub(r'[^0-9A-Za-z_]', '_', path.stem)}"


def _is_persona(value: object, module: ModuleType) -> bool:
    return (
        isinstance(value, type)
        and issubclass(value, BasePersona)
        and value.__module__ == module.__name__
        and not value.__name__.startswith("_")
    )
