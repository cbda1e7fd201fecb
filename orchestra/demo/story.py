"""The sample project, and a script in which four models change it.

Nothing here is a model's work: every answer is a file in `sample/replies`.
"""

from __future__ import annotations

import pkgutil
from pathlib import Path
from typing import Mapping

from orchestra.demo.script import Answer, Call, Fault, Text

TASK = "Give every item a reorder level and report what has to be ordered"

KEY_VARIABLE = "DEMO_KEY"
"""The variable that every provider of `demo_config` reads its key from. Any value will do."""

SAMPLE_PATHS = (
    "README.md",
    "inventory/__init__.py",
    "inventory/stock.py",
    "tests/__init__.py",
    "tests/test_stock.py",
)

RATE_LIMITED_MODEL = "glm-4.7"
WRITING_MODEL = "kimi-k2.6"
AUDITING_MODEL = "gemini-3.1-pro-preview"
FIXING_MODEL = "gpt-5.3-codex"
MODELS = (WRITING_MODEL, RATE_LIMITED_MODEL, AUDITING_MODEL, FIXING_MODEL)

REPORT = "inventory/report.py"
"""The file whose draft has a defect."""
DEFECT = "if level and quantity < level:"
"""The line that gives the defect away."""

_DRAFTS = {
    "inventory/stock.py": "draft-stock",
    REPORT: "draft-report",
    "tests/test_report.py": "draft-test_report",
}


def write_sample(folder: Path) -> None:
    """Write the sample project into an existing folder; raises OSError."""
    for path, text in sample_files().items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode("utf-8"))


def sample_files() -> Mapping[str, str]:
    """The sample project, path to text."""
    return {path: _data(f"project/{path}.txt") for path in SAMPLE_PATHS}


def tell(call: Call) -> Answer:
    """The script of the story: a function of the call alone, whenever and however often it comes."""
    if call.model == RATE_LIMITED_MODEL:
        return _too_many_requests()
    if call.model == WRITING_MODEL:
        return Text(_reply("plan" if call.file is None else _DRAFTS[call.file]))
    if call.model == AUDITING_MODEL:
        return Text(_reply("finding-report" if _shows_defect(call) else "approval"))
    if call.model == FIXING_MODEL and _shows_defect(call):
        return Text(_reply("fix-report"))
    raise LookupError(f"the story has no answer for {call.model} about {call.file}")


def demo_config(root_url: str) -> dict[str, object]:
    """The configuration of the story: the built-in providers, all of them at `root_url`."""
    def provider(protocol: str, version: str = "v1") -> dict[str, str]:
        return {"protocol": protocol, "base_url": f"{root_url}/{version}", "api_key_env": KEY_VARIABLE}

    writer, auditor = f"moonshot/{WRITING_MODEL}", f"gemini/{AUDITING_MODEL}"
    return {
        "providers": {
            "moonshot": provider("openai-chat"),
            "zai": provider("openai-chat"),
            "gemini": provider("gemini", "v1beta"),
            "openai": provider("openai-responses"),
        },
        "agents": {
            "architect": [writer],
            "executor": [f"zai/{RATE_LIMITED_MODEL}", writer],
            "auditor": [auditor],
            "consultant": [f"openai/{FIXING_MODEL}"],
        },
    }


def _shows_defect(call: Call) -> bool:
    """Whether the prompt shows the report with its defect; a line that a diff takes away does not count."""
    lines = call.text.splitlines() if call.file == REPORT else []
    return any(line.endswith(DEFECT) and not line.startswith("-") for line in lines)


def _too_many_requests() -> Fault:
    message = "High concurrency usage of this API, please reduce concurrency or contact customer service"
    return Fault(429, {"error": {"code": "1302", "message": message}}, {"Retry-After": "30"})


def _reply(name: str) -> str:
    return _data(f"replies/{name}.txt")


def _data(path: str) -> str:
    content = pkgutil.get_data("orchestra.demo", f"sample/{path}")
    if content is None:
        raise FileNotFoundError(f"orchestra/demo/sample/{path}")
    return content.decode("utf-8")
