from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
ASKED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from orchestra.cli.own_source import load_own_source
load_own_source(Path(sys.argv[2]))
print(*("orchestra." + name in sys.modules for name in ("engine.session", "demo.story", "__main__")))
"""


@pytest.mark.parametrize(("root", "loaded"), [(ROOT, "True True False"), (ROOT / "tests", "False False False")])
def test_loads_itself_whole_where_a_session_may_write_it(root: Path, loaded: str) -> None:
    command = [sys.executable, "-c", ASKED, str(ROOT), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT.parent)
    assert (done.stdout.strip(), done.stderr) == (loaded, "")
