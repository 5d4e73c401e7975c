"""Names for people: an identity provider for a server of one's own, and initials."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

from jupyter_server.auth import IdentityProvider, User

if TYPE_CHECKING:
    from tornado.web import RequestHandler

__all__ = ["LocalIdentityProvider", "create_initials"]


class LocalIdentityProvider(IdentityProvider):
    """Gives whoever holds the token the name of the system's user, instead of a random anonymous one.

    `ServerApp.identity_provider_class = "jupyter_ai.auth.identity.LocalIdentityProvider"`
    """

    async def get_user(self, handler: RequestHandler) -> User | None:
        """The system's user if the request is authenticated, else None."""
        user = await self._get_user(handler)
        if user is None:
            return None
        try:
            name = getpass.getuser()
        except (OSError, KeyError):  # a container's user may have no name
            return user
        return User(username=name, initials=create_initials(name))


def create_initials(username: str) -> str:
    """Up to two letters: those that the name's first and last words begin with."""
    words = "".join(letter if letter.isalnum() else " " for letter in username).split()
    return "".join(word[0] for word in (words if len(words) < 2 else (words[0], words[-1]))).upper()
