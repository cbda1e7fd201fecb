"""What one check found."""

from __future__ import annotations

from dataclasses import field
from typing import Any, Mapping, Sequence

from orchestra.dataclass import dataclass
from orchestra.views.columns import aligned
from orchestra.errors import OrchestraError

OK, WARN, FAIL = "ok", "warn", "fail"
"""As it should be; a run goes without it; a run would fail for it."""


@dataclass(frozen=True)
class Finding:
    """One line of the checkup."""

    name: str
    state: str
    """OK, WARN or FAIL."""
    text: str
    hint: str | None = None
    """What to type next."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Further keys of its JSON object."""

    @classmethod
    def of_error(cls, name: str, error: OrchestraError, state: str = FAIL) -> Finding:
        """The finding that an error is."""
        return cls(name, state, error.message, error.hint)


def finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.name, "state": finding.state, "text": finding.text, "hint": finding.hint, **finding.details
    }


def lines_of(findings: Sequence[Finding]) -> list[str]:
    """Aligned lines; the hint of what is not ok stands below it."""
    lines = []
    for line, finding in zip(aligned([(each.state, each.name, each.text) for each in findings]), findings):
        lines.append(line)
        if finding.hint is not None and finding.state != OK:
            lines.append(f"        {finding.hint}")
    return lines
