"""Whether what the mock server needs is installed."""

from __future__ import annotations

from importlib.util import find_spec

__all__ = ["missing_extra"]

_NEEDED = ("fastapi", "httpx", "jsonschema", "starlette", "uvicorn")


def missing_extra() -> str | None:
    """What lacks, and how to install it; None if nothing does. Imports none of it."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if not missing:
        return None
    are = "which are" if len(missing) > 1 else "which is"
    return f'The server needs {", ".join(missing)}, {are} not installed: pip install "jupyter_ai[mock]"'
