"""Whose a chat is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler

__all__ = ["knows_identities", "owner_of"]

_JUPYTER_SERVER = "jupyter_server."
# Where a provider can say who somebody is. Jupyter Server's own versions know a token or a password, and
# give every browser that has it a random anonymous name.
_TELLING = ("get_user", "get_user_token", "get_user_cookie", "process_login_form", "generate_anonymous_user")


def owner_of(handler: JupyterHandler) -> str:
    """The owner of what is said in this request, "" where the server does not know who is who.

    There, all who hold the token are one owner, in history and in Stop alike.
    """
    if not (knows_identities(handler.identity_provider) or _names_its_user(handler)):
        return ""
    return str(getattr(handler.current_user, "username", ""))


def knows_identities(provider: Any) -> bool:
    """Whether an identity provider tells people apart.

    It is taken to if any of its methods that say who somebody is comes from outside of Jupyter Server: to
    show one person's chats to another would be worse than to keep two browsers of one person apart.
    """
    if any(_is_foreign(provider, name) for name in _TELLING):
        return True
    return _is_legacy(provider) and any(_is_foreign(provider.login_handler_class, n) for n in _TELLING[:3])


def _is_foreign(owner: Any, method: str) -> bool:
    module = getattr(getattr(owner, method, None), "__module__", None) or _JUPYTER_SERVER
    return not module.startswith(_JUPYTER_SERVER)


def _is_legacy(provider: Any) -> bool:
    from jupyter_server.auth.identity import LegacyIdentityProvider

    return isinstance(provider, LegacyIdentityProvider)


def _names_its_user(handler: JupyterHandler) -> bool:
    """A handler patched to know its user, as JupyterHub did before version 3."""
    return _is_foreign(handler, "get_current_user")
