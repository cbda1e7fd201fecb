"""Regular expressions that are compiled when first used: the program holds hundreds, and a command needs a few."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    regex = re.compile
else:

    class _Pattern:
        """Stands for what `re.compile` gives, and takes its attributes over at the first question. Any thread."""

        def __init__(self, form, flags):
            self._form = form
            self._flags = flags

        def __getattr__(self, name):
            if name.startswith("__"):
                raise AttributeError(name)
            compiled = re.compile(self._form, self._flags)
            vars(self).update({each: getattr(compiled, each) for each in dir(compiled) if not each.startswith("_")})
            return getattr(compiled, name)

    def regex(form, flags=0):
        """As `re.compile`, but that a malformed one is told at its first use."""
        return _Pattern(form, flags)
