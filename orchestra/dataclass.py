"""`dataclass` for what is never changed: the type checker sees to that, and no process pays for it.

Python writes and compiles six functions for a frozen dataclass, which was a third of the time that the program took to
start, and sets each field of a new one by a call. Here it writes one, and the others are shared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    import dataclasses
    from operator import attrgetter

    def dataclass(*, frozen):
        """As `dataclasses.dataclass(frozen=True)`, but that nothing stops who assigns to a field all the same."""
        assert frozen
        return _with_methods

    def _with_methods(cls):
        own = frozenset(vars(cls))
        dataclasses.dataclass(repr=False, eq=False)(cls)
        fields = dataclasses.fields(cls)
        values = _getter([field.name for field in fields if field.compare])
        shown = [field.name for field in fields if field.repr]

        def __eq__(self, other):
            return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

        def __hash__(self):
            return hash(values(self))

        def __repr__(self):
            return f"{cls.__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

        for method in (__eq__, __hash__, __repr__):
            if method.__name__ not in own:
                setattr(cls, method.__name__, method)
        return cls

    def _getter(names):
        return attrgetter(*names) if names else lambda self: ()
