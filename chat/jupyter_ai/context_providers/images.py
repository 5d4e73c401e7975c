"""Images as parts of a message, for models that take them."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from jupyter_ai.errors import FileRefused

__all__ = ["IMAGE_TOKENS", "image_part", "is_image"]

IMAGE_TOKENS = 1_600
"""About what one image is counted as by the models of today, whatever its size: they scale it down."""

_SUFFIXES = (".gif", ".jpeg", ".jpg", ".png", ".webp")
_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


def is_image(path: str) -> bool:
    """Whether a path has the suffix of an image that models take."""
    return path.lower().endswith(_SUFFIXES)


def image_part(content: bytes) -> dict[str, Any]:
    """A content part of a message, as LangChain's models take it. Raises `FileRefused` for no image."""
    url = f"data:{_media_type(content)};base64,{b64encode(content).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}


def _media_type(content: bytes) -> str:
    for signature, media_type in _SIGNATURES.items():
        if content.startswith(signature):
            return media_type
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    raise FileRefused("It is not a PNG, JPEG, GIF or WebP image, whatever its name says.")
