"""SHA-256 without the start-up of hashlib, which loads OpenSSL, where that takes longer."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # of `typing`, which the host does not load
if TYPE_CHECKING:
    from hashlib import _Hash
    from typing import Any

_LARGE = 1 << 20  # bytes; from there on OpenSSL's is quicker, loading included


def sha256(size: int = 0) -> _Hash:
    """A hash as hashlib makes it, for about so many bytes."""
    own = "_sha2" if sys.version_info >= (3, 12) else "_sha256"
    if size < _LARGE:
        try:
            module: Any = __import__(own)
            found: _Hash = module.sha256()
            return found
        except (ImportError, AttributeError):  # some distributions leave it out
            pass
    import hashlib

    return hashlib.sha256()
