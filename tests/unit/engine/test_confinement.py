from __future__ import annotations

from pathlib import Path

import pytest

from orchestra.clock import CancelToken, SystemClock
from orchestra.engine.confinement import Confinement
from orchestra.errors import ConfigError, ExitStatus
from orchestra.workspace.sandbox.layers import Layers
from orchestra.workspace.sandbox.sandbox import Sandbox

ALL = Layers(mounts=True, network=True, pids=True, landlock=7, seccomp=True)


class Kernel:
    """Grants what it has, and counts how often it was asked."""

    def __init__(self, layers: Layers) -> None:
        self.layers = layers
        self.asked = 0

    def strengthen(self, none: Sandbox, root: Path, **world: object) -> Sandbox:
        self.asked += 1
        return Sandbox(self.layers, ())


def confinement(root: Path, choice: str, kernel: Kernel, told: list[Sandbox] | None = None) -> Confinement:
    return Confinement(
        root, choice, variables={}, cancel=CancelToken(), clock=SystemClock(), strengthen=kernel.strengthen,
        tell=(told if told is not None else []).append,
    )


@pytest.mark.parametrize("layers", [Layers(), Layers(landlock=7), Layers(network=True), Layers(landlock=2)])
def test_what_is_required_and_cannot_be_enforced_is_an_error_of_configuration(tmp_path: Path, layers: Layers) -> None:
    with pytest.raises(ConfigError, match="no writing|no network") as caught:
        confinement(tmp_path, "required", Kernel(layers)).check()
    assert caught.value.exit_status is ExitStatus.USAGE
    assert "auto or off" in (caught.value.hint or "")


@pytest.mark.parametrize("layers", [ALL, Layers(landlock=7, seccomp=True), Layers(landlock=2, seccomp=True)])
def test_writes_and_network_are_all_that_is_required(tmp_path: Path, layers: Layers) -> None:
    confinement(tmp_path, "required", Kernel(layers)).check()


def test_auto_takes_what_there_is(tmp_path: Path) -> None:
    assert confinement(tmp_path, "auto", Kernel(Layers())).sandbox.layers.enforced == ()
    assert confinement(tmp_path, "auto", Kernel(ALL)).sandbox.layers.missing == ()


def test_off_asks_the_kernel_nothing(tmp_path: Path) -> None:
    kernel = Kernel(ALL)
    assert confinement(tmp_path, "off", kernel).sandbox.layers.enforced == ()
    assert kernel.asked == 0


def test_the_kernel_is_asked_once_and_told_of_once(tmp_path: Path) -> None:
    kernel, told = Kernel(ALL), []
    found = confinement(tmp_path, "auto", kernel, told)
    assert found.sandbox.layers == ALL and told == []
    assert found.sandbox_to_run_in() is found.sandbox_to_run_in()
    assert (kernel.asked, [sandbox.layers for sandbox in told]) == (1, [ALL])


def test_root_could_write_to_devices_were_it_not_for_landlock() -> None:
    assert "writes" in Layers(mounts=True).enforced
    assert "writes" not in Layers(mounts=True, is_root=True).enforced
    assert "writes" in Layers(mounts=True, is_root=True, landlock=7).enforced
