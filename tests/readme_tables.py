"""The tables of README, written from the code: `python3 -m tests.readme_tables`."""

from __future__ import annotations

import re
from pathlib import Path

from orchestra.cli.reference import TOPICS

README = Path(__file__).resolve().parent.parent / "README.md"
_PLACE = re.compile(r"<!-- (?P<name>[a-z-]+) -->\n.*?<!-- end -->", re.DOTALL)


def with_tables(text: str) -> str:
    """The page with every table as the code gives it."""
    return _PLACE.sub(lambda place: f"<!-- {place['name']} -->\n{TOPICS[place['name']]()}<!-- end -->", text)


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text(encoding="utf-8")), encoding="utf-8")
