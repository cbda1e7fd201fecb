"""What the crash tests count, told at the end of a test run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Figures:
    """Sums over all kills."""

    kills: int = 0
    resumes: int = 0
    repeated: int = 0
    most_repeated: int = 0
    compared: int = 0

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.resumes} resumes, {self.compared} trees, commits and journals compared,"
            f" {self.repeated} calls repeated, at most {self.most_repeated} for one kill"
        )


FIGURES = Figures()
