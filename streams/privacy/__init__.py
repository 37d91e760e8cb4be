"""The proof that nobody's identity was kept: what was refused, and a look through all that lies there."""

from streams.privacy.looking import IDENTITIES, Found, Look, Looked, files_under, own_words

__all__ = ["IDENTITIES", "Found", "Look", "Looked", "files_under", "own_words"]
