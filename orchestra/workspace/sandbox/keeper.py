"""A process that starts a suite confined, waits for it, and leaves nothing of it running. Runs outside the program."""

from __future__ import annotations

import json
import os
import signal
import time
from types import FrameType
from typing import Any, Callable, Mapping, NoReturn, Sequence

from orchestra.workspace.sandbox import kernel, landlock, namespaces, seccomp

PURGE_S = 2.0
"""How long processes may take to go that have been killed."""
CANNOT_START = 127
NAMESPACES = (("mounts", "network", "pids"), ("mounts", "network"), ("network",), ())
"""What may go together, best first."""

Order = Mapping[str, Any]
Report = Callable[..., None]


def keep(order: Order) -> NoReturn:
    """Carry out an order (as `Sandbox.run` makes it), and end the process.

    What happened goes to the descriptor `report` as lines of JSON: {"fault": [where, errno]} where the command could
    not be started, {"ended": wait status} of the command.
    """
    report = _reporter(order["report"])
    step = "namespaces"
    try:
        _enter(order)
        # After it, since new credentials make the kernel forget it.
        kernel.prctl(kernel.PDEATHSIG, signal.SIGUSR1)
        if os.getppid() != order["parent"]:
            os._exit(CANNOT_START)
        step = "keeper"
        status = _first_of_its_own(order, report) if order["pids"] else _watch(order, report)
    except OSError as error:
        report(fault=[step, error.errno])
        status = CANNOT_START
    os._exit(status)


def probe(order: Order) -> NoReturn:
    """Report what this kernel lets a process do: {"namespaces", "landlock", "seccomp"}. See `layers`."""
    report = _reporter(order["report"])
    able = next((names for names in NAMESPACES if _succeeds(lambda: _try_namespaces(order, names))), ())
    version = landlock.abi()
    has_landlock = version >= landlock.OLDEST_ABI and _succeeds(lambda: _try_landlock(version))
    has_seccomp = seccomp.is_known() and _succeeds(_try_seccomp)
    report(namespaces=able, landlock=version if has_landlock else 0, seccomp=has_seccomp)
    os._exit(0)


def _enter(order: Order) -> None:
    mounts, network, pids = order["mounts"], order["network"], order["pids"]
    if not (mounts or network or pids):
        return
    # Asked before: the table of sockets is that of the network one is in.
    sockets = namespaces.open_sockets() if mounts else []
    namespaces.leave(mounts=mounts, network=network, pids=pids)
    if mounts:
        view = namespaces.View(
            order["writable"], order["read_only"], order["inner_writable"],
            [(source, place) for source, place in order["in_place"]],
        )
        namespaces.show(view, hidden_sockets=sockets)
        for folder, scratch, instead in order["layered"]:
            try:
                namespaces.layer(folder, scratch)
            except OSError:
                # Then it is only read.
                order["variables"].update(instead)


def _first_of_its_own(order: Order, report: Report) -> int:
    """Have the first process of the new namespace watch the command: with it everything in there ends."""
    first = os.fork()
    if first == 0:
        kernel.prctl(kernel.PDEATHSIG, signal.SIGKILL)
        try:
            namespaces.show_own_processes()
            os._exit(_watch(order, report))
        except OSError as error:
            report(fault=["processes", error.errno])
        os._exit(CANNOT_START)
    # SIGTERM is the first process's to pass on; SIGUSR1 ends this one and thereby all.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) & 0xFF


def _watch(order: Order, report: Report) -> int:
    """Start the command, wait for its end, and end what it left behind."""
    kernel.prctl(kernel.CHILD_SUBREAPER, 1)
    kernel.prctl(kernel.SET_DUMPABLE, 0)
    child = os.fork()
    if child == 0:
        _become(order, report)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, _passing_on(child))
    signal.signal(signal.SIGUSR1, _purging)
    while True:
        pid, status = os.wait()
        if pid == child:
            break
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    report(ended=status)
    if os.getpid() != 1:
        _purge()
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


def _become(order: Order, report: Report) -> NoReturn:
    """Give up what the command is not to have, and become it."""
    step = "start"
    try:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(order["cwd"])
        step = "sandbox"
        _confine(order)
        step = "command"
        os.execvpe(order["command"][0], order["command"], order["variables"])
    except OSError as error:
        report(fault=[step, error.errno])
    os._exit(CANNOT_START)


def _confine(order: Order) -> None:
    if order["mounts"] or order["network"]:
        namespaces.drop_capabilities()
    if order["landlock"] or order["seccomp"]:
        kernel.prctl(kernel.NO_NEW_PRIVS, 1)
    if order["landlock"]:
        landlock.restrict(order["landlock"], order["may_write"], denies_tcp=not order["network"])
    if order["seccomp"]:
        inner = (seccomp.AF_INET, seccomp.AF_INET6) if order["network"] else ()
        by_landlock = 0 < order["landlock"] < landlock.TRUNCATE_ABI and not order["mounts"]
        seccomp.restrict((seccomp.AF_UNIX, seccomp.AF_NETLINK, *inner), denies_truncate=by_landlock)


def _passing_on(child: int) -> Callable[[int, "FrameType | None"], None]:
    def handle(number: int, frame: FrameType | None) -> None:
        try:
            os.killpg(child, number)
        except ProcessLookupError:
            pass

    return handle


def _purging(number: int, frame: FrameType | None) -> None:
    _purge()
    os._exit(128 + number)


def _purge() -> None:
    """Kill all children, and theirs, which become one's own when their parent is gone.

    A namespace's first process need not: the kernel does it when that one ends.
    """
    end_s = time.monotonic() + PURGE_S
    while time.monotonic() < end_s:
        for pid in _children():
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.001)
        except ChildProcessError:
            return


def _children() -> list[int]:
    own = os.getpid()
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name, "rb") as file:
                    # The name before it may hold anything.
                    parent = int(file.read().rpartition(b")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue
            if parent == own:
                found.append(int(name))
    return found


def _succeeds(attempt: Callable[[], None]) -> bool:
    """Whether something goes well in a process that is thrown away."""
    child = os.fork()
    if child == 0:
        try:
            attempt()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def _try_namespaces(order: Order, names: Sequence[str]) -> None:
    _enter({**order, **{name: name in names for name in NAMESPACES[0]}})
    if "pids" in names and not _succeeds(namespaces.show_own_processes):
        os._exit(1)


def _try_landlock(version: int) -> None:
    kernel.prctl(kernel.NO_NEW_PRIVS, 1)
    landlock.restrict(version, ["/dev/null"], denies_tcp=True)


def _try_seccomp() -> None:
    kernel.prctl(kernel.NO_NEW_PRIVS, 1)
    seccomp.restrict([seccomp.AF_UNIX], denies_truncate=True)


def _reporter(descriptor: int) -> Report:
    os.set_inheritable(descriptor, False)

    def report(**said: object) -> None:
        os.write(descriptor, json.dumps(said).encode("ascii") + b"\n")

    return report
