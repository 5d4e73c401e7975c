"""Who serves where several plug-ins claim one entry point name, slash id or provider id."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterable, Mapping, Set
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from jupyter_ai.plugins.record import Plugin, PluginState

__all__ = ["SLASH_IDS", "Claim", "Verdict", "canonical", "judge", "rank"]

SLASH_IDS = "slash ids"
"""The space of claims that chat handlers and personas share; providers claim ids within their group."""


class Claim(NamedTuple):
    """What one plug-in alone may hold: a slash id (None: the default handler), or a provider's id."""

    space: str
    value: str | None

    def __str__(self) -> str:
        if self.space != SLASH_IDS:
            return f"the id `{self.value}`"
        return (
            "the place of the default handler (slash_id None)" if self.value is None else f"`/{self.value}`"
        )

    @property
    def attribute(self) -> str:
        return "slash_id" if self.space == SLASH_IDS else "id"


class Verdict(NamedTuple):
    """What becomes of a valid plug-in, and how loudly to say so."""

    state: PluginState
    reason: str | None = None
    overridden_by: str | None = None
    level: int = logging.WARNING


@lru_cache(maxsize=1024)
def canonical(distribution: str) -> str:
    """The name as package indexes compare it: `Jupyter_AI` is `jupyter-ai`."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def rank(plugin: Plugin) -> tuple[bool, str, str, str, str]:
    """Sort key: built-ins first, then third parties by distribution and name."""
    return not plugin.builtin, canonical(plugin.distribution), plugin.name, plugin.group, plugin.target


def judge(
    plugins: Iterable[Plugin], claims: Mapping[Plugin, Claim], *, allow_override: bool
) -> dict[Plugin, Verdict]:
    """The verdict on each valid plug-in; `claims` holds just these, with what each claims.

    Names are settled first, then claims. Who loses its claim gives up its name as well, so another of that
    name takes its turn and may raise a new clash: hence the rounds. Each but the last takes a plug-in out.
    """
    slots = _slots(plugins, allow_override)
    losers: dict[Plugin, Plugin] = {}
    while beaten := _clashes(slots, claims, claims.keys() - losers.keys()):
        losers |= beaten
    owners = {loser: _final_owner(loser, losers) for loser in losers}
    verdicts = {loser: _defeat(loser, owner, claims[loser]) for loser, owner in owners.items()}
    for slot in slots:
        serving = slot.serving(claims.keys() - losers.keys())
        for plugin in slot.members:
            if plugin is serving:
                verdicts[plugin] = Verdict("loaded", _remarks(plugin, claims[plugin], owners, slot))
            elif plugin in claims and plugin not in losers:
                verdicts[plugin] = slot.overridden(plugin, serving)
    return verdicts


class _Slot:
    """The plug-ins of one group that share an entry point name."""

    def __init__(self, members: Collection[Plugin], allow_override: bool) -> None:
        self.members = sorted(members, key=rank)
        self.builtin = next((plugin for plugin in self.members if plugin.builtin), None)
        self.guarded = self.builtin is not None and not allow_override

    def serving(self, usable: Set[Plugin]) -> Plugin | None:
        """The first usable third party if it may serve, else the built-in if nobody switched it off."""
        able = [
            plugin
            for plugin in self.members
            if plugin in usable and not (self.guarded and not plugin.builtin)
        ]
        third_party = next((plugin for plugin in able if not plugin.builtin), None)
        if third_party is None and self.off_switch() is not None:
            return None
        return third_party or next(iter(able), None)

    def off_switch(self) -> Plugin | None:
        """A third party's class with `disabled = True` under a built-in's name, as 2.x packages ship it."""
        if self.guarded or self.builtin is None:
            return None
        return next(
            (plugin for plugin in self.members if plugin.state == "disabled" and not plugin.builtin), None
        )

    def overridden(self, plugin: Plugin, serving: Plugin | None) -> Verdict:
        """Why a valid plug-in of this slot does not serve though it lost no claim."""
        if self.guarded and not plugin.builtin:
            reason = (
                f"it may not replace the built-in {self.builtin}, because the administrator set "
                "`AiExtension.allow_builtin_override` to False"
            )
            return Verdict("overridden", reason, str(self.builtin))
        if serving is None:
            by = self.off_switch()
            reason = f"switched off by {by}, which has the same entry point name and `disabled = True`"
            return Verdict("overridden", reason, str(by), logging.INFO)
        if plugin.builtin:
            reason = f"replaced by {serving}, which has the same entry point name"
            return Verdict("overridden", reason, str(serving), logging.INFO)
        reason = (
            f"{serving} has the same entry point name and comes first in sorted order: "
            "uninstall one of the two, or have it renamed"
        )
        return Verdict("overridden", reason, str(serving))


def _slots(plugins: Iterable[Plugin], allow_override: bool) -> list[_Slot]:
    members: dict[tuple[str, str], list[Plugin]] = {}
    for plugin in plugins:
        members.setdefault((plugin.group, plugin.name), []).append(plugin)
    return [_Slot(found, allow_override) for found in members.values()]


def _clashes(
    slots: Iterable[_Slot], claims: Mapping[Plugin, Claim], usable: Set[Plugin]
) -> dict[Plugin, Plugin]:
    """Each plug-in that would serve but for a better one with the same claim, and that better one."""
    servers = [plugin for slot in slots if (plugin := slot.serving(usable)) is not None]
    owners: dict[Claim, Plugin] = {}
    for plugin in sorted(servers, key=rank):
        owners.setdefault(claims[plugin], plugin)
    return {plugin: owner for plugin in servers if (owner := owners[claims[plugin]]) is not plugin}


def _final_owner(loser: Plugin, losers: Mapping[Plugin, Plugin]) -> Plugin:
    """Who holds the claim in the end: the owner of an early round may have lost it in a later one."""
    owner = losers[loser]
    return _final_owner(owner, losers) if owner in losers else owner


def _defeat(loser: Plugin, owner: Plugin, claim: Claim) -> Verdict:
    if _same_class(loser, owner):
        return Verdict("overridden", f"{owner} registers the same class", str(owner), logging.INFO)
    advice = f"give one of the two another `{claim.attribute}`, or uninstall it"
    if owner.builtin and owner.group == loser.group:
        advice = (
            f"give {loser} another `{claim.attribute}`, or name its entry point `{owner.name}` "
            "if it is to replace the built-in"
        )
    why = "is built in" if owner.builtin else "comes first in sorted order"
    return Verdict(
        "failed", f"{claim} is claimed by {loser} and by {owner}, which {why} and keeps it: {advice}"
    )


def _same_class(one: Plugin, other: Plugin) -> bool:
    if one.obj is None or other.obj is None:  # it serves without having been imported
        return one.target == other.target
    return one.obj is other.obj


def _remarks(plugin: Plugin, claim: Claim, owners: Mapping[Plugin, Plugin], slot: _Slot) -> str | None:
    """What to tell about a plug-in that serves though others wanted its claim or its name."""
    rivals = [rival for rival, owner in owners.items() if owner is plugin and not _same_class(rival, plugin)]
    remarks = []
    if rivals:
        names = " and by ".join(map(str, sorted(rivals, key=rank)))
        remarks.append(f"{claim} is also claimed by {names}, which therefore does not serve")
    fallen = [other for other in slot.members if other in owners or other.state == "failed"]
    if fallen and plugin.builtin and not slot.guarded:
        remarks.append(f"serves because {' and '.join(map(str, fallen))}, which would replace it, failed")
    return "; ".join(remarks) or None
