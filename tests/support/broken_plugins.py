"""Ten packages, each with a plug-in that is broken in another way."""

from __future__ import annotations

from package_site import PackageSite, handler

__all__ = ["BROKEN", "install_broken"]

# By package: its source; the line to look at, or None where that is its metadata; and what is said of it.
BROKEN: dict[str, tuple[str, int | None, str]] = {
    "acme_bad_import": (
        "from jupyter_ai.gone import Gone\n",
        1,
        "jupyter_ai has no module `jupyter_ai.gone`; look for a version of acme_bad_import 1.0 that suits",
    ),
    "acme_missing_attribute": ("Handlers = object\n", 0, "has no `Handler`"),
    "acme_wrong_base": ("\n\nclass Handler:\n    id = 'x'\n", 3, "derive it from that class"),
    "acme_sync": (
        handler("acme_sync").replace("async def", "def"),
        5,
        "`process_message` is not a coroutine function: write `async def process_message(self, message): …`",
    ),
    "acme_bad_slash_id": (
        handler("acme_bad_slash_id").replace('slash_id="acme_', 'slash_id="acme-'),
        5,
        "use ASCII letters, digits and underscores only",
    ),
    "acme_clash_builtin": (
        handler("help"),
        5,
        "give `acme_clash_builtin` of acme_clash_builtin 1.0 (acme_clash_builtin:Handler) another `slash_id`",
    ),
    "acme_clash_other": (
        handler("acme_taken"),
        5,
        "give one of the two another `slash_id`, or uninstall it",
    ),
    "acme_raises": (
        handler("acme_raises") + "\n    def __init__(self, **kwargs):\n        raise ValueError('no')\n",
        15,
        "ValueError in its constructor: no",
    ),
    "acme_needs": ("import os\n\nimport acme_absent\n", 3, "perhaps `pip install acme-absent`"),
    "acme_wrong_target": ("", None, "correct it in the package's metadata"),
}


def install_broken(site: PackageSite) -> dict[str, str]:
    """Install them, and one that holds what another claims; the place to look at, by package."""
    site.install("acme_a_first", handler("acme_taken"))
    return {name: _install(site, name) for name in BROKEN}


def _install(site: PackageSite, name: str) -> str:
    source, line, _ = BROKEN[name]
    if line is None:
        site.install(name, source, target=" Handler()")
        return str(site.path / f"{name}-1.0.dist-info" / "entry_points.txt")
    file = site.install(name, source)
    return f"{file}:{line}" if line else str(file)
