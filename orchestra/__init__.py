"""Orchestra: code changes by a team of language models, from one file."""

__version__ = "0.1.0"
