"""Stands in for charset_normalizer, by which requests guesses the encoding of a text that does not say its own.

The program decodes what it receives itself, and what it talks to speaks UTF-8; the real package would be a tenth of the
archive and of the time that importing requests takes. requests looks at the version only to see that it is a 2 or 3.
"""

__version__ = "3.0.0"


def detect(content):
    # type: (bytes) -> dict[str, object]
    """Always UTF-8, as requests itself assumes where no such package is installed."""
    return {"encoding": "utf-8", "language": "", "confidence": 1.0}
