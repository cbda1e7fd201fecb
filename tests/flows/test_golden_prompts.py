"""Every agent's prompt on a sample repository, word for word, as it was read and found good.

After a change that is meant, `ORCHESTRA_GOLDEN=write python3 -m pytest tests/flows/test_golden_prompts.py` writes them
anew, to be read again.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from orchestra.adapters.fences import without_marks
from orchestra.demo.script import Call
from tests.flows.project import Project
from tests.flows.team import APPROVED, block, edit, fixes, plan_of, planned, team

FOLDER = Path(__file__).with_name("golden")
FILES = {
    "AGENTS.md": "Keep functions short. Run the tests with unittest.\n",
    ".agents/skills/rates/SKILL.md": "---\nname: rates\ndescription: How rates are rounded\n---\nRound half up.\n",
    "shop/__init__.py": "",
    "shop/prices.py": "RATE = 0.19\n\n\ndef gross(net: float) -> float:\n    return net * (1 + RATE)\n",
    "shop/cart.py": (
        "from shop.prices import gross\n\n\nclass Cart:\n    def total(self) -> float:\n        return 0.0\n"
    ),
    "tests/__init__.py": "",
    "tests/test_prices.py": (
        "import unittest\n\nfrom shop.prices import gross\n\n\nclass PricesTest(unittest.TestCase):\n"
        "    def test_gross(self):\n        self.assertEqual(gross(100), 119)\n"
    ),
}
TASK = "have shop/prices.py round amounts by the rates skill, and the cart use it"
PLAN = plan_of(
    planned("shop/prices.py", "modify", criteria=["amounts have two decimals"]),
    planned("shop/cart.py", "modify", depends_on=["shop/prices.py"]),
    tests=["rounding"],
)
DRAFTS = {
    "shop/prices.py": edit("    return net * (1 + RATE)\n", "    return round(net * (1 + RATE), 1)\n"),
    "shop/cart.py": edit("        return 0.0\n", "        return gross(0.0)\n"),
}
MENDS = {
    "shop/prices.py": [
        edit("    return round(net * (1 + RATE), 1)\n", "    return round(net * (1 + RATE), 2) + 1\n"),
        edit("    return round(net * (1 + RATE), 2) + 1\n", "    return round(net * (1 + RATE), 2)\n"),
    ],
}
FINDING = block({"verdict": "needs_work", "issues": [
    {"severity": "error", "line": 5, "message": "one decimal is not two", "suggestion": "round to 2"},
]})


@pytest.fixture
def calls(project: Project) -> dict[str, Call]:
    """The first call of each kind, by a name for it."""
    for path, text in FILES.items():
        project.commit(path, text)
    script = team(
        PLAN, DRAFTS, {None: APPROVED, "shop/prices.py": [FINDING, APPROVED, APPROVED], "shop/cart.py": APPROVED},
        MENDS, fixes(("shop/prices.py", "it adds one")),
    )
    ran = project.run("run", TASK, "--yes", "--json", script=script)
    assert ran.status == 0, ran.err
    found: dict[str, Call] = {}
    for call in ran.calls:
        role = call.model.partition("-")[0]
        kind = role if call.file is not None or role == "architect" else f"{role}-of-all"
        found.setdefault(kind, call)
    return found


@pytest.mark.parametrize("kind", [
    "architect", "executor", "auditor", "consultant", "auditor-of-all", "consultant-of-all",
])
def test_the_prompt_is_the_one_that_was_read(calls: dict[str, Call], kind: str) -> None:
    call = calls[kind]
    text = without_marks(f"{call.system}\n\n{'=' * 40}\n\n{call.text}\n")
    # What a test run prints is another Python's, another run's.
    text = re.sub(r"(What fails:\n).*(\nSay which)", r"\1...\2", text, flags=re.DOTALL)
    text = re.sub(r"\bPython 3\.\d+", "Python 3.N", text)
    golden = FOLDER / f"{kind}.txt"
    if os.environ.get("ORCHESTRA_GOLDEN") == "write":
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")
