"""The Python that runs the peers, from a virtual environment of their own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

VARIABLE = "ORCHESTRA_PEERS"
ROOT = Path(__file__).resolve().parents[2]
DEFAULT = ROOT / ".venv-peers" / "bin" / "python"


def peers_python(*packages: str) -> Path:
    """Skips the test where that Python, or one of these packages in it, is not there."""
    python = Path(os.environ.get(VARIABLE) or DEFAULT)
    if not python.exists():
        pytest.skip(f"the peers' environment is not there: {python}; .ci/run makes it, {VARIABLE} names another Python")
    code = "import importlib.util as u, sys; print(*(p for p in sys.argv[1:] if u.find_spec(p) is None))"
    missing = subprocess.run(
        [str(python), "-c", code, *packages], stdout=subprocess.PIPE, check=True, universal_newlines=True
    ).stdout.strip()
    if missing:
        pytest.skip(
            f"{python} lacks {missing}: it takes Python 3.11, and xllamacpp has wheels for x86-64 Linux only"
        )
    return python
