"""What a kernel can enforce of a sandbox, and what that comes to."""

from __future__ import annotations

from orchestra.dataclass import dataclass


WORDS = {
    "writes": "no writing outside the repository and a folder of its own",
    "modes": "no change of modes, owners and times there",
    "git": ".git and .orchestra cannot be written",
    "network": "no network",
    "loopback": "a loopback of its own",
    "sockets": "no talking to services of this machine",
    "processes": "no sight of other processes",
}
"""Each word of an outcome, and what it says."""
REQUIRED = ("writes", "network")
"""Without these there is no sandbox to speak of."""


@dataclass(frozen=True)
class Layers:
    """What the kernel let a process do that tried it."""

    mounts: bool = False
    network: bool = False
    pids: bool = False
    """Namespaces, in which a process sees its own files, network and processes."""
    landlock: int = 0
    """The version of its interface; 0 for none."""
    seccomp: bool = False
    is_root: bool = False
    """Whether even read-only devices can be written."""

    @property
    def enforced(self) -> tuple[str, ...]:
        """Words of WORDS."""
        is_landlocked = self.landlock > 2 or self.landlock > 0 and self.seccomp
        holds = {
            "writes": is_landlocked or self.mounts and not self.is_root,
            "modes": self.mounts,
            "git": self.mounts,
            "network": self.network or self.seccomp,
            "loopback": self.network,
            "sockets": self.mounts,
            "processes": self.pids,
        }
        return tuple(word for word in WORDS if holds[word])

    @property
    def missing(self) -> tuple[str, ...]:
        """The other words."""
        enforced = self.enforced
        return tuple(word for word in WORDS if word not in enforced)
