"""Configuration files as bytes and as layers."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from orchestra.config.layers import Layer
from orchestra.config.leaf_values import found
from orchestra.dataclass import dataclass
from orchestra.errors import ConfigError

_MOST_BYTES = 1 << 20


@dataclass(frozen=True)
class ConfigFile:
    """A file as it was read, once."""

    path: Path
    content: bytes


def read_file(path: Path, *, named_by: str | None = None) -> ConfigFile | None:
    """A file's content; None where there is none.

    `named_by` says who asked for this very file: then it must be there, and may be a pipe.
    Raises ConfigError where it cannot be read or is over 1 MiB.
    """
    try:
        with open(path, "rb", opener=None if named_by else _open_at_once) as stream:
            if not named_by and not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise ConfigError("the configuration is not a file", where=str(path), hint="move it away")
            content = stream.read(_MOST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        if named_by is None:
            return None
        hint = "name a file that is there; `orchestra config path` lists those that are read"
        raise ConfigError("no such file: %s" % path, where=named_by, hint=hint) from None
    except OSError as error:
        hint = "name another file" if named_by else "make it readable, or move it away"
        raise ConfigError("cannot read the configuration: %s" % error.strerror, where=str(path), hint=hint) from None
    if len(content) > _MOST_BYTES:
        raise ConfigError("the configuration is larger than 1 MiB", where=str(path), hint="name another file")
    return ConfigFile(path, content)


def _open_at_once(path: str, flags: int) -> int:
    """Without waiting: a pipe that nobody writes to would hold us for ever."""
    return os.open(path, flags | os.O_NONBLOCK)


def parse_file(file: ConfigFile) -> Layer:
    """The layer in a file; an empty file is an empty layer. Raises ConfigError with file and line."""
    source = str(file.path)
    try:
        text = file.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.content.count(b"\n", 0, error.start) + 1
        raise ConfigError("not UTF-8", where="%s:%d" % (source, line), hint="save the file in UTF-8") from None
    # Most commands run without any file: they need not pay for the import.
    from orchestra.config.yaml_read import read_yaml

    document = read_yaml(text, source=source)
    if document.value is None:
        return Layer(source, {}, file.path.parent)
    if not isinstance(document.value, dict):
        what = "expected a mapping of keys to values, found " + found(document.value)
        where = "%s:%d" % (source, document.lines.get((), 1))
        raise ConfigError(what, where=where, hint="write lines such as `mode: sequential`")
    return Layer(source, document.value, file.path.parent, document.lines)
