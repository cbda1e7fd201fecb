"""Running a suite so that what it does stays in the repository, as far as the kernel can see to it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, Mapping, Sequence

from orchestra.clock import Clock, Deadline, Halt
from orchestra.dataclass import dataclass
from orchestra.errors import WorkspaceError
from orchestra.workspace.children import ChildResult, run_child
from orchestra.workspace.sandbox.caches import Caches, caches_of
from orchestra.workspace.sandbox.layers import Layers
from orchestra.workspace.sandbox.places import needed_paths, places_of
from orchestra.workspace.sandbox.program import program, read_modules

PROBE_TIMEOUT_S = 30.0
_MAX_REPORT_BYTES = 65536


@dataclass(frozen=True)
class Sandbox:
    """A way to run commands. With no layers nothing is confined, but nothing is left running either."""

    layers: Layers
    modules: tuple[tuple[str, str], ...]
    """The keeper's; empty where there is no kernel for it."""

    @classmethod
    def none(cls) -> Sandbox:
        """One that confines nothing. To be made before a session writes, as `read_modules` says."""
        return cls(Layers(), read_modules() if _has_keeper() else ())

    def strengthened(
        self, root: Path, *, variables: Mapping[str, str], cancel: Halt, clock: Clock
    ) -> Sandbox:
        """The same with all that this kernel can enforce for a project, as found out by trying it. Raises Cancelled."""
        if not self.modules:
            return self
        places = places_of(root, None, has_mounts=True, needed=())
        order = {
            "writable": places.writable, "read_only": places.read_only, "inner_writable": places.inner_writable,
            "in_place": places.in_place, "layered": (),
        }
        deadline = Deadline.after(clock, PROBE_TIMEOUT_S)
        try:
            _, said = self._keep(
                "probe", order, cwd=root, variables=variables, deadline=deadline, cancel=cancel, clock=clock
            )
        except OSError:
            return self
        return Sandbox(_layers(said), self.modules)

    def temp_folder(self, command: Sequence[str], root: Path, private: Path, variables: Mapping[str, str]) -> str:
        """Where the command's temp files go, as it sees it."""
        needed = needed_paths(command, variables)
        temp = places_of(root, private, has_mounts=self.layers.mounts, needed=needed).temp
        return temp or str(private)

    def run(
        self, command: Sequence[str], *, root: Path, private: Path | None, variables: Mapping[str, str],
        deadline: Deadline, cancel: Halt, clock: Clock, keep_bytes: int,
    ) -> ChildResult:
        """How a command ended in `root`, its two streams as one. Nothing of it runs on afterwards.

        `private` is the folder beside the repository that it may write. Raises OSError where it cannot be started,
        Cancelled at a stop, WorkspaceError where the kernel no longer grants the sandbox.
        """
        if not self.modules:
            return run_child(
                command, cwd=root, variables=variables, deadline=deadline, cancel=cancel, clock=clock,
                merge_streams=True, keep_bytes=keep_bytes, ends_group=True,
            )
        result, said = self._keep(
            "keep", self._order(command, root, private, variables), cwd=root, variables=variables, deadline=deadline,
            cancel=cancel, clock=clock, keep_bytes=keep_bytes,
        )
        return _result(result, said)

    def _order(
        self, command: Sequence[str], root: Path, private: Path | None, variables: Mapping[str, str]
    ) -> dict[str, Any]:
        """What the keeper is told."""
        layers = self.layers
        places = places_of(root, private, has_mounts=layers.mounts, needed=needed_paths(command, variables))
        layered, moved = Caches((), {})
        if private is not None and "writes" in layers.enforced:
            layered, moved = caches_of(variables, private, root, has_mounts=layers.mounts)
        return {
            "parent": os.getpid(), "command": list(command), "cwd": os.path.realpath(root),
            "variables": {**variables, **moved}, "layered": layered,
            "mounts": layers.mounts, "network": layers.network, "pids": layers.pids, "landlock": layers.landlock,
            "seccomp": layers.seccomp, "writable": places.writable, "read_only": places.read_only,
            "inner_writable": places.inner_writable, "in_place": places.in_place,
            "may_write": (*places.may_write, *(folder for folder, _, _ in layered)),
        }

    def _keep(
        self, verb: str, order: Mapping[str, Any], *, cwd: Path, variables: Mapping[str, str], deadline: Deadline,
        cancel: Halt, clock: Clock, keep_bytes: int | None = None,
    ) -> tuple[ChildResult, dict[str, Any]]:
        """How a keeper ended, and what it reported."""
        reading, writing = os.pipe()
        try:
            result = run_child(
                [sys.executable, "-I", "-S", "-B", "-X", "utf8", "-"], cwd=cwd, variables=variables,
                deadline=deadline, cancel=cancel, clock=clock,
                stdin=program(self.modules, verb, {**order, "report": writing}), merge_streams=True,
                keep_bytes=keep_bytes, is_keeper=True, pass_fds=(writing,),
            )
            return result, _read_report(reading)
        finally:
            os.close(reading)
            os.close(writing)


def _has_keeper() -> bool:
    return sys.platform.startswith("linux") and bool(sys.executable) and os.path.isdir("/proc/self")


def _read_report(descriptor: int) -> dict[str, Any]:
    os.set_blocking(descriptor, False)
    try:
        lines = os.read(descriptor, _MAX_REPORT_BYTES).splitlines()
    except BlockingIOError:
        return {}
    said: dict[str, Any] = {}
    for line in lines:
        said.update(json.loads(line))
    return said


def _layers(said: Mapping[str, Any]) -> Layers:
    names = said.get("namespaces", ())
    return Layers(
        mounts="mounts" in names, network="network" in names, pids="pids" in names,
        landlock=said.get("landlock", 0), seccomp=said.get("seccomp", False), is_root=os.geteuid() == 0,
    )


def _result(result: ChildResult, said: Mapping[str, Any]) -> ChildResult:
    """The command's own end in place of its keeper's."""
    if "fault" in said:
        step, number = said["fault"]
        if step in ("command", "start"):
            raise OSError(number, os.strerror(number))
        what = "the sandbox for the tests cannot be made: %s" % os.strerror(number)
        raise WorkspaceError(what, where=step, hint="try again, or set tests.sandbox to off")
    if result.exit_status is None or "ended" not in said:
        return result
    ended = os.waitstatus_to_exitcode(said["ended"])
    return ChildResult(ended, result.stdout, result.stderr, result.duration_ms, result.is_cut)
