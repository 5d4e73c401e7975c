"""Discovery of plug-ins: from an entry point to a validated, lazily loaded class, or to a kept failure."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from jupyter_ai.plugins import providers, validation
from jupyter_ai.plugins.blame import place_of_class, place_of_error
from jupyter_ai.plugins.clashes import SLASH_IDS, Claim, Verdict, judge, rank
from jupyter_ai.plugins.discovery import from_entry_point, installed
from jupyter_ai.plugins.kinds import claim_of, note, noun
from jupyter_ai.plugins.loading import GroupLoading, load_in_turn
from jupyter_ai.plugins.record import DEFAULT_TASKS, GROUPS, Plugin
from jupyter_ai.plugins.sources import Sources
from jupyter_ai.plugins.validation import PluginError
from jupyter_ai_magics.failures import is_interrupt

if TYPE_CHECKING:
    import asyncio

    from jupyter_ai.plugins.discovery import Find
    from jupyter_ai_magics.card import Card
    from jupyter_ai_magics.provider_ids import ProviderIds

    _Log = logging.Logger | logging.LoggerAdapter[Any]

__all__ = ["PluginRegistry"]


class PluginRegistry:
    """The plug-ins of one server (or one test): found by `discover` or `add`, imported by `load`.

    Each failure is kept with its plug-in. With `strict`, loading still goes on to the end, and then raises
    `PluginError` for the first one. `blocked` is asked before a class is imported, and once more when its
    id is known; a reason that it gives keeps the plug-in out. `ids` keeps what was learnt of these.

    Our own partner providers serve without being imported: `provider` does that when one is asked for.
    """

    def __init__(
        self,
        *,
        log: _Log | None = None,
        find: Find | None = None,
        allow_builtin_override: bool = True,
        blocked: Callable[[Plugin], str | None] | None = None,
        ids: ProviderIds | None = None,
        strict: bool = False,
    ) -> None:
        self._log = log or logging.getLogger("jupyter_ai.plugins")
        self._find = find
        self._allow_override = allow_builtin_override
        self._blocked = blocked
        self._ids = ids
        self._strict = strict
        self._lock = threading.RLock()  # never held while plug-in code runs
        self._plugins: list[Plugin] = []
        self._given: dict[Plugin, type] = {}  # classes from `add`
        self._staged: dict[Plugin, Claim] = {}  # imported and well-formed, while their group is loading
        self._valid: dict[Plugin, Claim] = {}  # the same, once it is loaded
        self._verdicts: dict[Plugin, Verdict] = {}  # the latest on each of these
        self._errors: dict[Plugin, BaseException] = {}  # what `strict` raises from
        self.sources = Sources()
        self._loadings = {group: GroupLoading(group, self._load_group, self._lock) for group in GROUPS}

    def discover(self) -> None:
        """Read the metadata of installed packages; import nothing. A second call adds what is new."""
        for plugin in self.installed():
            self._remember(plugin)

    def installed(self) -> list[Plugin]:
        """Those that the metadata tell of now, each as a new record."""
        found: list[Plugin] = []
        find = self._find or installed(self._log)
        for group in (*GROUPS, DEFAULT_TASKS):
            try:
                found += [from_entry_point(group, entry_point) for entry_point in find(group)]
            except Exception:  # noqa: BLE001 - any parser's error; the other groups may be readable
                self._log.exception("The entry points of group %s cannot be read.", group)
        return found

    def add(
        self,
        group: str,
        name: str,
        cls: type,
        *,
        distribution: str = "(local)",
        version: str = "",
        builtin: bool = False,
    ) -> None:
        """Add a class without an entry point; `load` treats it like any other."""
        self._loading(group)
        target = f"{getattr(cls, '__module__', '?')}:{getattr(cls, '__qualname__', cls)}"
        self._remember(Plugin(group, name, target, distribution, version, builtin), cls)

    def exchange(self, gone: Collection[Plugin], come: Mapping[Plugin, Claim | None]) -> None:
        """Take plug-ins out and put others in, at once.

        Those that come with a claim were imported by `check` and serve from now on; the others are imported
        by whoever waits for their group.
        """
        with self._lock:
            self._plugins = [plugin for plugin in self._plugins if plugin not in gone] + [*come]
            tables: tuple[dict[Plugin, Any], ...] = (self._given, self._staged, self._valid, self._errors)
            for table in tables:
                for plugin in gone:
                    table.pop(plugin, None)
            self._valid |= {plugin: claim for plugin, claim in come.items() if claim is not None}
            notes = self._judge()
        for loading in self._loadings.values():
            self._note_whether_done(loading)
        self._tell(notes)

    def pending(self) -> list[Plugin]:
        """Those whose import is yet to come."""
        return [plugin for group in GROUPS for plugin in self._pending(group)]

    def is_given(self, plugin: Plugin) -> bool:
        """Whether it came by `add`, without an entry point."""
        return plugin in self._given

    def load(self, group: str) -> None:
        """Import every plug-in of the group that is not yet; wait if another thread is at it."""
        self._loading(group).run()
        self._raise_if_strict(group)

    def load_all(self) -> None:
        for group in GROUPS:
            self.load(group)

    def start_loading(self, loop: asyncio.AbstractEventLoop) -> None:
        """Load all groups in a daemon thread as soon as `loop` runs, so that the server answers first."""
        loop.call_soon_threadsafe(load_in_turn, self._loadings.values())

    async def ready(
        self,
        group: str,
        timeout: float = 30.0,  # noqa: ASYNC109 - being late is an answer here, not an error
        *,
        id: str | None = None,
    ) -> bool:
        """Wait until the group is loaded, and load it if nobody does; False (and a log line) on time-out.

        With the `id` of a provider, only until it is in, or until nothing more may bring it. Cancelling it
        leaves the loading alone. It may be called concurrently.
        """
        import asyncio

        loading = self._loading(group)
        waiter = loading.waiter(
            asyncio.get_running_loop(), lambda: id is not None and self._is_settled(group, id)
        )
        if waiter is not None:
            try:
                async with asyncio.timeout(timeout):
                    await waiter
            except TimeoutError:
                self._log.warning("%s are not loaded after %g s: %s", group, timeout, self._culprits(loading))
                return False
            finally:
                loading.forget(waiter)
        self._raise_if_strict(group)
        return True

    def loaded(self, group: str) -> bool:
        return self._loading(group).done

    def waiting_for(self, group: str, id: str) -> str | None:
        """What keeps a provider from being in, in words; None if it is, or if nothing more may bring it."""
        loading = self._loading(group)
        return None if loading.done or self._is_settled(group, id) else self._culprits(loading)

    def hanging(self) -> list[Plugin]:
        """Those whose import takes too long."""
        return [plugin for each in self._loadings.values() if (plugin := each.hanging) is not None]

    def plugins(self, group: str | None = None) -> list[Plugin]:
        """All that were found, whatever their state."""
        with self._lock:
            found = [plugin for plugin in self._plugins if group in (None, plugin.group)]
        return sorted(found, key=lambda plugin: (plugin.group, plugin.name, *rank(plugin)[1:]))

    def classes(self, group: str) -> dict[str, type]:
        """The classes that serve, by entry point name."""
        return {p.name: p.obj for p in self.plugins(group) if p.state == "loaded" and p.obj is not None}

    def handlers(self) -> dict[str, Plugin]:
        """The chat handlers that serve, by routing key: "default" first, then "/<slash id>" in order."""
        with self._lock:
            served = [(c, p) for p, c in self._valid.items() if c.space == SLASH_IDS and p.state == "loaded"]
        served.sort(key=lambda item: item[0].value or "")
        return {"default" if claim.value is None else f"/{claim.value}": plugin for claim, plugin in served}

    def provider_ids(self, group: str) -> list[str]:
        """The ids of the providers that serve; imports nothing."""
        return [str(plugin.id) for plugin in self.serving(group)]

    def provider(self, group: str, id: str) -> type | None:
        """The class that serves under this id, imported now unless it was; None if there is none.

        A failure is kept like one of loading. From any thread; the import may take seconds.
        """
        while (plugin := next((p for p in self.serving(group) if p.id == id), None)) is not None:
            if plugin.obj is None:
                self._import_late(plugin)
            if plugin.obj is not None:
                return plugin.obj
        return None

    def serving(self, group: str) -> list[Plugin]:
        """The plug-ins that serve, also those that are not imported yet."""
        with self._lock:
            return [
                p for p in self.plugins(group) if p in self._verdicts and self._verdicts[p].state == "loaded"
            ]

    def _loading(self, group: str) -> GroupLoading:
        try:
            return self._loadings[group]
        except KeyError:
            raise ValueError(f"unknown plug-in group {group!r}: use one of {', '.join(GROUPS)}") from None

    def _remember(self, plugin: Plugin, cls: type | None = None) -> None:
        with self._lock:
            if any(_same(plugin, known) and self._given.get(known) is cls for known in self._plugins):
                return
            self._plugins.append(plugin)
            if cls is not None:
                self._given[plugin] = cls
            if plugin.group in self._loadings:
                self._loadings[plugin.group].done = False
        if plugin.state == "failed":
            self._log_failure(plugin)

    def _load_group(self, loading: GroupLoading, ours_only: bool) -> None:
        """Import what is ours, then the rest by rank: what is in serves, whatever the next import does."""
        self._identify(loading.group)
        ours = [plugin for plugin in self._pending(loading.group) if _is_ours(plugin)]
        for plugin in ours:
            self._import(loading, plugin)
        self._settle(loading)
        while not (ours_only or loading.done):
            for plugin in self._pending(loading.group):
                self._import(loading, plugin)
                self._settle(loading)
            self._note_whether_done(loading)  # one may have been added meanwhile
        self._note_whether_done(loading)
        if self._ids is not None:
            self._ids.save()

    def _note_whether_done(self, loading: GroupLoading) -> None:
        with self._lock:
            loading.done = not self._pending(loading.group)

    def _import(self, loading: GroupLoading, plugin: Plugin) -> None:
        with loading.importing_of(plugin):
            claim = self.check(plugin)
        if claim is not None:
            with self._lock:
                self._staged[plugin] = claim

    def _identify(self, group: str) -> None:
        for plugin in self._pending(group):
            if plugin not in self._given:
                providers.identify(plugin, self._ids)

    def _pending(self, group: str) -> list[Plugin]:
        """What is to be imported, in this order: no later one takes the place of an earlier one."""
        with self._lock:
            known = self._staged.keys() | self._valid.keys()
            pending = [p for p in self.plugins(group) if p.state == "not loaded" and p not in known]
            builtin = {p.name for p in self._plugins if p.group == group and p.builtin}
        return sorted(pending, key=lambda p: (not _is_ours(p), p.name not in builtin, rank(p)))

    def _is_settled(self, group: str, id: str) -> bool:
        """Whether a provider with this id serves, or nothing that is pending can be one."""
        with self._lock:
            pending = [*self._pending(group), *(p for p in self._staged if p.group == group)]
        return id in self.provider_ids(group) or all(p.id not in (None, id) for p in pending)

    def check(self, plugin: Plugin) -> Claim | None:
        """Import it and look what it claims; None, and the reason in it, if it is not to serve."""
        try:
            if plugin not in self._given and plugin.card is None and plugin.known_id is None:
                providers.identify(plugin, self._ids)  # it was found meanwhile
            if self._is_blocked(plugin):
                return None
            if plugin.card is not None:
                return _claim_unseen(plugin, plugin.card)
            plugin.obj = self._given.get(plugin) or self._imported(plugin)
            providers.learn_id(plugin, self._ids)
            return None if self._is_blocked(plugin) or self._is_disabled(plugin) else claim_of(plugin)
        except BaseException as exc:  # whatever one plug-in raises must not cost the others
            if is_interrupt(exc):
                raise
            self._fail(plugin, exc)
            return None

    def _imported(self, plugin: Plugin) -> type:
        try:
            return validation.import_class(plugin.target, plugin.owner)
        finally:
            if plugin.project is not None:
                self.sources.note(plugin.project)

    def _import_late(self, plugin: Plugin) -> None:
        """Import a partner provider that is asked for; if it fails, somebody else may serve in its place."""
        try:
            plugin.obj = providers.import_partner(plugin)
            claim_of(plugin)
        except BaseException as exc:  # a partner's package may raise anything
            if is_interrupt(exc):
                raise
            self._fail(plugin, exc)
            with self._lock:
                self._valid.pop(plugin, None)
                notes = self._judge()
            self._tell(notes)
        else:
            with self._lock:
                plugin.state, plugin.reason, *_ = self._verdicts[plugin]

    def _is_blocked(self, plugin: Plugin) -> bool:
        reason = self._blocked(plugin) if self._blocked is not None else None
        if reason is None:
            return False
        plugin.state, plugin.reason = "blocked", reason
        self._log.info("Blocked %s %s: %s", noun(plugin), plugin, reason)
        return True

    def _is_disabled(self, plugin: Plugin) -> bool:
        # Not just truthy: a base class may have a property of that name.
        if getattr(plugin.obj, "disabled", False) is not True:
            return False
        plugin.state, plugin.reason = "disabled", "its class says `disabled = True`"
        self._log.info("Disabled %s %s: %s", noun(plugin), plugin, plugin.reason)
        return True

    def _fail(self, plugin: Plugin, exc: BaseException) -> None:
        known = isinstance(exc, PluginError)
        cause = exc.__cause__ if known else exc
        plugin.where = _place(plugin, cause) or plugin.where
        plugin.obj = None
        plugin.reason = str(exc) if known else validation.summarize(exc)
        plugin.traceback = "".join(traceback.format_exception(cause)) if cause is not None else None
        plugin.state = "failed"
        if self._strict:
            self._errors[plugin] = exc
        self._log_failure(plugin)

    def _settle(self, loading: GroupLoading) -> None:
        """Give every valid plug-in its state, as far as the group is in, and log what there is to log."""
        group = loading.group
        with self._lock:
            # A built-in waits for what may replace it.
            awaited = {p.name for p in self._pending(group) if not p.builtin} if self._allow_override else ()
            for plugin in [plugin for plugin in self._staged if plugin.group == group]:
                if not (plugin.builtin and plugin.name in awaited):
                    self._valid[plugin] = self._staged.pop(plugin)
            notes = self._judge()
        self._tell(notes)
        loading.progress()

    def _judge(self) -> list[tuple[int, str]]:
        verdicts = judge(self._plugins, self._valid, allow_override=self._allow_override)
        changed = {p: v for p, v in verdicts.items() if v != self._verdicts.get(p)}
        ordered = sorted(changed.items(), key=lambda item: rank(item[0]))
        served = {p for p, v in self._verdicts.items() if v.state == "loaded"}
        notes = [note(p, v) for p, v in ordered if not (v.state == "loaded" and p in served)]
        for plugin, verdict in changed.items():
            plugin.state, plugin.reason, plugin.overridden_by, _ = verdict
            if plugin.state == "loaded" and plugin.obj is None:
                # It serves all the same.
                plugin.state, plugin.reason = "not loaded", plugin.reason or "it is imported when it is used"
        self._verdicts = verdicts
        return notes

    def _tell(self, notes: Iterable[tuple[int, str]]) -> None:
        for level, text in notes:
            self._log.log(level, "%s", text)

    def _culprits(self, loading: GroupLoading) -> str:
        """Which imports a late group waits for: its own one, or those of the groups before it."""
        everywhere = [other.importing for other in self._loadings.values()]
        found = [p for p in ([loading.importing] if loading.importing else everywhere) if p is not None]
        return (
            "; ".join(f"the import of {plugin} has not returned" for plugin in found) or "nobody loads them"
        )

    def _raise_if_strict(self, group: str) -> None:
        failed = [plugin for plugin in self.plugins(group) if self._strict and plugin.state == "failed"]
        if failed:
            raise PluginError(f"{failed[0]}: {failed[0].reason}") from self._errors.get(failed[0])

    def _log_failure(self, plugin: Plugin) -> None:
        self._log.warning("Failed to register %s %s: %s", noun(plugin), plugin, plugin.reason)


def _claim_unseen(plugin: Plugin, card: Card) -> Claim | None:
    """What a partner provider of ours claims; such a one is imported when it is asked for."""
    if card.installed():
        return Claim(plugin.group, card.id)
    plugin.state, plugin.reason = "not installed", f"install it with `{card.install_hint}`"
    return None


def _place(plugin: Plugin, cause: BaseException | None) -> str | None:
    """Where to look: at the line that raised, or at the class that is not as it should be."""
    place = place_of_error(cause, plugin.target) if cause is not None else None
    return place or place_of_class(plugin.obj, plugin.target)


def _is_ours(plugin: Plugin) -> bool:
    """Whether importing it, if it is imported at all, runs nobody else's code."""
    return plugin.builtin or plugin.card is not None


def _same(one: Plugin, other: Plugin) -> bool:
    attributes = ("group", "name", "target", "distribution")
    return all(getattr(one, attribute) == getattr(other, attribute) for attribute in attributes)
