"""A view of its own for a process: of the files, of the network, of other processes (namespaces(7))."""

from __future__ import annotations

import ctypes
import fcntl
import os
import stat
import struct
from typing import Iterable, NamedTuple, Sequence

from orchestra.workspace.sandbox import kernel

_NEW_MOUNTS, _NEW_IPC, _NEW_USER, _NEW_PIDS, _NEW_NETWORK = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_PRIVATE = 1, 2, 4, 8, 16384, 1 << 18
# The same numbers on every architecture.
_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR = 428, 429, 442
_AT_EMPTY_PATH, _AT_RECURSIVE, _OPEN_TREE_CLONE, _OPEN_TREE_CLOEXEC = 0x1000, 0x8000, 1, os.O_CLOEXEC
_MOVE_FROM_DESCRIPTOR = 4
_ATTR_READ_ONLY = 1
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1
_AF_INET, _SOCK_DGRAM = 2, 2
_CAPABILITY_VERSION, _LAST_CAPABILITY = 0x20080522, 63
_CAP_SYS_ADMIN = 21
_KEPT_CAPABILITIES = frozenset((0, 1, 3, 4, 5, 6, 7, 10, 13))
"""Of an administrator: owners and modes of files, other users, low ports, raw sockets. None over mounts or devices."""

_MEMORY_FOLDER, _TERMINALS, _NEW_TERMINAL = "/dev/shm", "/dev/pts", "/dev/ptmx"
_MAX_SOCKETS = 1000


class View(NamedTuple):
    """What the process is to see."""

    writable: Sequence[str]
    """Folders that stay as they are; all else can only be read."""
    read_only: Sequence[str]
    """What lies in them and can only be read all the same."""
    inner_writable: Sequence[str]
    """And what lies in that and can be written."""
    in_place: Sequence[tuple[str, str]]
    """A folder, and the place where it is to be seen as well."""


def leave(*, mounts: bool, network: bool, pids: bool) -> None:
    """Step out of the machine's namespaces; with `pids` the next child is the first process of its own. OSError."""
    # What is mounted for the own processes must never be seen outside.
    has_own_mounts = mounts or pids
    wanted = ((_NEW_MOUNTS, has_own_mounts), (_NEW_NETWORK, network), (_NEW_PIDS, pids))
    flags = _NEW_IPC | sum(flag for flag, is_wanted in wanted if is_wanted)
    uid, gid = os.geteuid(), os.getegid()
    is_administrator = _has_capability(_CAP_SYS_ADMIN)
    kernel.call("unshare", ctypes.c_int(flags | (0 if is_administrator else _NEW_USER)))
    if not is_administrator:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", "%d %d 1" % (uid, uid))
        _write("/proc/self/gid_map", "%d %d 1" % (gid, gid))
    if network:
        _raise_loopback()
    if has_own_mounts:
        _mount("none", "/", None, _MS_REC | _MS_PRIVATE)


def open_sockets() -> list[str]:
    """Paths of sockets that some process outside listens at, and that this one could talk to."""
    try:
        with open("/proc/net/unix", encoding="utf-8", errors="surrogateescape") as table:
            named = [line.rstrip("\n").split(" ", 7)[-1].strip() for line in table]
    except OSError:
        return []
    found = dict.fromkeys(os.path.realpath(path) for path in named if path.startswith("/"))
    return [path for path in found if _is_socket(path) and os.access(path, os.W_OK)][:_MAX_SOCKETS]


def show(view: View, *, hidden_sockets: Iterable[str]) -> None:
    """Have the files seen in this way, after `leave`. Raises OSError."""
    clones = [(_clone(source), place) for source, place in view.in_place]
    clones += [(_clone(path), path) for path in view.writable]
    inner = [(_clone(path), path) for path in view.inner_writable]
    null = [(_clone("/dev/null"), path) for path in hidden_sockets if os.path.lexists(path)]
    _make_read_only("/")
    _show_own_devices()
    # Before the folders that stay as they are, in which a suite's own sockets lie.
    for clone, path in [*null, *clones]:
        _put(clone, path)
    for path in view.read_only:
        clone = _clone(path)
        _set_read_only(clone)
        _put(clone, path)
    for clone, path in inner:
        _put(clone, path)


def layer(folder: str, scratch: str) -> None:
    """Have a folder written to without its changing: what is new lies in `scratch`. After `show`. Raises OSError."""
    upper, work = os.path.join(scratch, "new"), os.path.join(scratch, "work")
    for path in (upper, work):
        os.makedirs(path, exist_ok=True)
    options = "lowerdir=%s,upperdir=%s,workdir=%s,userxattr" % (folder, upper, work)
    _mount("overlay", folder, "overlay", _MS_NOSUID | _MS_NODEV, options)


def show_own_processes() -> None:
    """Have /proc tell of the own namespace, as its first process. Raises OSError.

    Not to be written: much in there is the whole machine's.
    """
    _mount("proc", "/proc", "proc", _MS_RDONLY | _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)


def drop_capabilities() -> None:
    """Keep of an administrator's powers only those that suites are known to need."""
    for capability in range(_LAST_CAPABILITY + 1):
        if capability not in _KEPT_CAPABILITIES:
            try:
                kernel.prctl(kernel.CAPBSET_DROP, capability)
            except OSError:
                # A number above the kernel's last one, or nothing that could be dropped.
                break
    header, sets = _capabilities()
    kept = sum(1 << capability for capability in _KEPT_CAPABILITIES)
    kept_low, kept_high = kept & 0xFFFFFFFF, kept >> 32
    low, high = sets[:2], sets[3:5]
    limited = struct.pack("=6I", *(value & kept_low for value in low), 0, *(value & kept_high for value in high), 0)
    kernel.call("capset", header, limited)


def _show_own_devices() -> None:
    """Shared memory and terminals that no process outside uses."""
    if os.path.isdir(_MEMORY_FOLDER):
        _mount("tmpfs", _MEMORY_FOLDER, "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=1777,size=1g")
    if os.path.isdir(_TERMINALS):
        _mount("devpts", _TERMINALS, "devpts", _MS_NOSUID | _MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620")
        if not os.path.islink(_NEW_TERMINAL):
            _put(_clone(_TERMINALS + "/ptmx"), _NEW_TERMINAL)


def _has_capability(number: int) -> bool:
    return bool(_capabilities()[1][0] >> number & 1)


def _capabilities() -> tuple[bytes, Sequence[int]]:
    """capget's header, and the sets: effective, permitted, inheritable, low halves first."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    buffer = ctypes.create_string_buffer(24)
    kernel.call("capget", header, buffer)
    return header, struct.unpack("=6I", buffer.raw)


def _raise_loopback() -> None:
    any_socket = kernel.call("socket", _AF_INET, _SOCK_DGRAM, 0)
    try:
        answer = fcntl.ioctl(any_socket, _SIOCGIFFLAGS, struct.pack("16sH14x", b"lo", 0))
        (flags,) = struct.unpack_from("=H", answer, 16)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | _IFF_UP))
    finally:
        os.close(any_socket)


def _clone(path: str) -> int:
    """A descriptor of the mount that is seen at a path, with all below it."""
    flags = _OPEN_TREE_CLONE | _OPEN_TREE_CLOEXEC | _AT_RECURSIVE
    return kernel.syscall(_OPEN_TREE, ctypes.c_int(-100), os.fsencode(path), ctypes.c_uint(flags))


def _put(clone: int, path: str) -> None:
    nowhere = ctypes.c_char_p(b"")
    flags = ctypes.c_uint(_MOVE_FROM_DESCRIPTOR)
    kernel.syscall(_MOVE_MOUNT, ctypes.c_int(clone), nowhere, ctypes.c_int(-100), os.fsencode(path), flags)
    os.close(clone)


def _make_read_only(path: str) -> None:
    _set_attributes(-100, os.fsencode(path), _AT_RECURSIVE)


def _set_read_only(clone: int) -> None:
    _set_attributes(clone, b"", _AT_RECURSIVE | _AT_EMPTY_PATH)


def _set_attributes(folder: int, path: bytes, flags: int) -> None:
    attributes = struct.pack("=4Q", _ATTR_READ_ONLY, 0, 0, 0)
    size = ctypes.c_size_t(len(attributes))
    kernel.syscall(_MOUNT_SETATTR, ctypes.c_int(folder), path, ctypes.c_uint(flags), attributes, size)


def _mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    encoded = None if kind is None else kind.encode()
    kernel.call("mount", source.encode(), os.fsencode(target), encoded, ctypes.c_ulong(flags), os.fsencode(options))


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError:
        return False
