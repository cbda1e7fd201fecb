"""How much compaction takes off realistic prompts, and how long: `python -m tests.benchmarks.compaction`, by hand.

The prompts are built by the agents' own builders from this repository, Python's library and the token samples. Each is
asked to give up 60 % of what may be shortened; the columns before that say what each strategy alone takes off when it
is applied to all of it, one after the other.
"""

from __future__ import annotations

import argparse
import difflib
import inspect
import json
import tarfile
import textwrap
import time
from pathlib import Path
from types import ModuleType
from typing import Callable, Iterator

from orchestra.adapters.adapter import Request
from orchestra.adapters.compaction import STRATEGIES, compact_prompt
from orchestra.adapters.shortening.passages import Kind, Passage, split
from orchestra.adapters.tokens import estimate_tokens
from orchestra.agents.architect import architect_request
from orchestra.agents.auditor import auditor_request, deletion_request
from orchestra.agents.consultant import consultant_request, failing_tests_request
from orchestra.agents.executor import executor_request
from orchestra.agents.follow_up import repair_request, with_more_files
from orchestra.agents.outline import About, Outline
from orchestra.agents.quoting import ShownFile, fenced
from orchestra.records import Issue, Plan, PlannedFile, TestFailure

ROOT = Path(__file__).resolve().parents[2]
SHARE_TO_GIVE_UP = 0.6
TASK = (
    "Let a fallback chain remember for how long a provider asked to be left alone. The chain must not ask it again "
    "before; `--verbose` should say what was passed over. Keep the adapters free of the journal."
)
PLANNED = PlannedFile(
    "orchestra/adapters/fallback.py", "modify", "Pass over models whose provider is cooling down, and say so.",
    ("orchestra/adapters/adapter.py", "orchestra/adapters/http.py"), ("no provider is asked before its time",),
)
PLAN = Plan("The chain learns to wait.", (PLANNED, PlannedFile("tests/test_fallback.py", "modify", "Cover it.")))
ABOUT = About(TASK, Outline(PLAN), planned=PLANNED)


def ours(*paths: str) -> list[ShownFile]:
    return [ShownFile(path, (ROOT / path).read_text(encoding="utf-8")) for path in paths]


def library(*modules: ModuleType) -> list[ShownFile]:
    return [ShownFile("lib/%s.py" % module.__name__, inspect.getsource(module)) for module in modules]


def samples(*names: str) -> list[ShownFile]:
    path = ROOT / "tests" / "unit" / "adapters" / "token_samples.json"
    by_name = {sample["name"]: sample["text"] for sample in json.loads(path.read_text(encoding="utf-8"))}
    endings = {"javascript": ".js", "typescript": ".ts", "rust": ".rs", "chinese": ".md", "chinese-mixed": ".md",
               "markdown": ".md", "prose": ".md", "python": ".py"}
    return [ShownFile("src/%s%s" % (name, endings.get(name, "." + name)), by_name[name]) for name in names]


def listing() -> list[tuple[str, int]]:
    paths = sorted(path for folder in ("orchestra", "tests") for path in (ROOT / folder).rglob("*.py"))
    return [(path.relative_to(ROOT).as_posix(), path.stat().st_size) for path in paths]


def original() -> str:
    return ours(PLANNED.path)[0].text


def changed() -> str:
    return original().replace("failures", "faults").replace("self._adapters", "self._chain")


def difference() -> str:
    return "\n".join(difflib.unified_diff(original().splitlines(), changed().splitlines(), "a", "b", lineterm="", n=8))


def test_output() -> str:
    failure = textwrap.dedent("""\
        ____________________ test_falls_back_when_rate_limited_{n} ____________________

            def test_falls_back_when_rate_limited_{n}() -> None:
                first = ScriptedAdapter("moonshot/kimi-k2.6", RateLimited("slow down", retry_after_s={n}))
                second = ScriptedAdapter("zai/glm-4.7", "an answer")
        >       assert ask(first, second).text == "an answer"
        E       AssertionError: assert 'no answer {n}' == 'an answer'
        E         - an answer
        E         + no answer {n}

        tests/unit/adapters/test_fallback.py:{n}: AssertionError
        """)
    warning = "  DeprecationWarning: the 'timeout' argument is deprecated, it will be removed in the next release\n"
    return "".join(failure.replace("{n}", str(n)) + warning for n in range(14)) + "14 failed, 212 passed in 9.51s\n"


def prompts() -> Iterator[tuple[str, Request]]:
    """Each prompt with a name."""
    adapters = ours("orchestra/adapters/adapter.py", "orchestra/adapters/http.py", "orchestra/adapters/health.py",
                    "orchestra/adapters/catalog.py", "orchestra/errors.py", "orchestra/clock.py")
    readme = ours("README.md")
    yield "architect, listing", architect_request(task=TASK, listing=listing())
    yield "architect, files", architect_request(task=TASK, listing=listing()[:80], shown=[*readme, *adapters])
    yield "architect, revision", architect_request(
        task=TASK, listing=listing()[:80], shown=readme, previous_plan=PLAN, remarks=["Smaller, please."]
    )
    yield "executor, modify", executor_request(
        ABOUT, original=original(), dependencies=adapters
    )
    yield "executor, large library", executor_request(
        ABOUT, original=original(), dependencies=library(argparse, tarfile, difflib)
    )
    yield "executor, six languages", executor_request(
        ABOUT, original=None,
        dependencies=samples("javascript", "typescript", "go", "java", "c", "rust"),
    )
    yield "auditor", auditor_request(
        ABOUT, new_text=changed(), diff=difference(), dependencies=adapters[:3]
    )
    yield "auditor, deletion", deletion_request(
        ABOUT, old_text=original(), dependencies=adapters[:2]
    )
    yield "consultant, refused reply", consultant_request(
        ABOUT, findings=[Issue("error", "the cooldown is ignored", 40)],
        current=original(), refused_reply="Here is the file.\n\n" + fenced(changed()), dependencies=adapters[:3],
    )
    yield "consultant, failing tests", failing_tests_request(
        ABOUT, failures=[TestFailure("tests/test_fallback.py::test_%d" % n, "assert") for n in range(5)],
        output=test_output(), files=ours(PLANNED.path, "tests/unit/adapters/test_fallback.py"),
    )
    first = architect_request(task=TASK, listing=listing()[:120])
    yield "more files asked for", with_more_files(first, '```json\n{"need_files": []}\n```', shown=adapters)
    yield "repair of a long answer", repair_request(first, readme[0].text, "The answer has no fenced block.")
    yield "documents", architect_request(task=TASK, listing=[], shown=[*readme, *samples("markdown", "prose")])
    yield "Chinese", architect_request(
        task="给链条加上冷却时间，不得提前再次请求。", listing=[], shown=samples("chinese", "chinese-mixed", "python")
    )


def million() -> Request:
    """A prompt of a million characters: code for the most part."""
    # Tests hold files in other encodings.
    paths = [path for path, _ in listing() if path.startswith("orchestra/")]
    files = [ShownFile(path, (ROOT / path).read_text(encoding="utf-8")) for path in paths]
    files += library(argparse, tarfile, difflib, inspect, textwrap)
    text, shown = 0, []
    for number in range(1000):
        file = files[number % len(files)]
        shown.append(ShownFile("%d/%s" % (number, file.path), file.text.replace("self", "self%d" % number)))
        text += len(shown[-1].text)
        if text > 1_000_000:
            break
    return architect_request(task=TASK, listing=listing(), shown=shown)


def unprotected_tokens(request: Request) -> int:
    return sum(
        estimate_tokens(piece.text) for piece in request.segments if not piece.protected
    )


def step_by_step(request: Request) -> list[float]:
    """What share of the unprotected part is gone after each strategy but the last, applied to all of it."""
    passages = [
        passage for piece in request.segments
        for passage in ([Passage(Kind.PROTECTED, piece.text)] if piece.protected else split(piece.text))
    ]
    before, gone = unprotected_tokens(request), []
    for _, strategy in STRATEGIES[:-1]:
        passages = strategy(passages, before)
        left = sum(passage.tokens for passage in passages if passage.kind is not Kind.PROTECTED)
        # Each passage is rounded up on its own, which may come to a few tokens.
        gone.append(max(0.0, 100 * (1 - left / before)))
    return gone


def timed(act: Callable[[], object]) -> float:
    """The least milliseconds of three runs."""
    durations = []
    for _ in range(3):
        started = time.perf_counter()
        act()
        durations.append(1000 * (time.perf_counter() - started))
    return min(durations)


def main() -> None:
    names = [name for name, _ in STRATEGIES]
    print("%-26s %8s %8s %12s   %s  %s" % (
        "prompt", "before", "after", "unprotected", " ".join("%10s" % name for name in names), "      ms"
    ))
    for name, request in [*prompts(), ("a million characters", million())]:
        before = request.estimated_tokens
        free = unprotected_tokens(request)
        target = before - int(SHARE_TO_GIVE_UP * free)
        compaction = compact_prompt(request, target_tokens=target)
        gone = [*step_by_step(request), 100 * (1 - unprotected_tokens(compaction.compacted_prompt) / free)]
        duration_ms = timed(lambda: compact_prompt(request, target_tokens=target))
        print("%-26s %8d %8d %12d   %s  %8.1f   %s" % (
            name, before, compaction.after_tokens, free, " ".join("%9.1f%%" % share for share in gone), duration_ms,
            "" if compaction.after_tokens <= target else "target missed",
        ))


if __name__ == "__main__":
    main()
