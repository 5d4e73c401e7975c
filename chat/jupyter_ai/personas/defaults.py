"""What a persona says of itself."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["PersonaDefaults"]


class PersonaDefaults(BaseModel):
    """What a persona is called, looks like and is told to be."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    name: str
    """Shown above what it says; `@name` addresses it, `@"first last"` where it has spaces."""

    description: str = ""
    """One sentence, shown where it is chosen."""

    avatar_path: str = ""
    """The absolute path of a picture in the persona's package (svg, png, jpg, gif or webp, 1 MiB at most)."""

    system_prompt: str = ""
    """What its model is told to be."""

    slash_commands: set[str] = {"*"}
    """The commands (without the slash) that may be given to it, as in `@name /command`; "*" is any."""

    model_uid: str | None = None
    """The model it prefers, `provider:model`; None is the chosen model. It is for the persona to read."""
