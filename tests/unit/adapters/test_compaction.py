from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Sequence

import pytest

from orchestra.adapters.adapter import Message, Request, Segment
from orchestra.adapters.compaction import STRATEGIES, Compaction, compact_prompt, would_exceed_context
from orchestra.adapters.fences import without_marks
from orchestra.adapters.rows import ModelRow
from orchestra.adapters.shortening.passages import split
from orchestra.agents.quoting import ShownFile, fenced, show_files
from orchestra.errors import ContextExceeded

ROOT = Path(__file__).resolve().parents[3]
NAMES = [name for name, _ in STRATEGIES]
FUNCTION = '''\
def mend_{n}(cooldown):
    """Mends."""
    for number in range({n}, cooldown + {n}):
        cooldown += number * {n}
        cooldown -= number // ({n} + 1)
    return cooldown + {n}


'''
CODE = "".join(FUNCTION.format(n=n) for n in range(20))
WORDY = "".join("Please note that town %d is able to rest at this point in time. " % n for n in range(40))
BLANKS = "".join("The town rests.   \n\n\n\n\nThe river %d flows.  \n\n\n\n" % n for n in range(40))
REPEATED = "A long line that is written down twice, word for word, in this prompt of ours.\nAnd another one.\n"
PARTS = [
    Segment("task", "Mend the cooldown of the provider.\n\n", True),
    Segment("blanks", BLANKS, False),
    Segment("repeats", "=== a.log\n" + fenced(REPEATED * 10) + "\n\n", False),
    Segment("reply", "\nAnswer with one block:   \n\n\n\n```json\n{}\n```\n", True),
    Segment("files", show_files([ShownFile("src/a.py", CODE)]) + "\n\n", False),
    Segment("wordy", WORDY, False),
]


def _request(*segments: Segment, system: str = "Be brief.") -> Request:
    return Request(system, (Message("user", segments),))


ALL = _request(*PARTS)


def _applied(request: Request, target: int) -> Sequence[str]:
    compaction = compact_prompt(request, target_tokens=target)
    assert compaction.after_tokens <= target
    return compaction.strategies


def _left_by(count: int) -> int:
    """How many tokens are left of the whole prompt when so many strategies have done all they can."""
    after = ALL.estimated_tokens
    while True:
        compaction = compact_prompt(ALL, target_tokens=after - 1)
        if len(compaction.strategies) > count:
            return after
        after = compaction.after_tokens


@pytest.mark.parametrize("cap, exceeds", [(100, False), (101, True)])
def test_a_prompt_exceeds_a_window_that_it_does_not_fit_together_with_the_answer(cap: int, exceeds: bool) -> None:
    model = ModelRow("m", ALL.estimated_tokens + 100, max_output=cap)
    assert would_exceed_context(ALL, model) is exceeds


def test_nothing_exceeds_a_window_that_nobody_knows() -> None:
    assert not would_exceed_context(ALL, ModelRow("m"))


def test_a_prompt_that_fits_comes_out_as_it_is() -> None:
    tokens = ALL.estimated_tokens
    assert compact_prompt(ALL, tokens) == Compaction(ALL, tokens, tokens, ())
    assert compact_prompt(ALL, tokens).reduction_percent == 0


def test_the_strategies_are_applied_in_the_order_of_harmlessness() -> None:
    assert NAMES == ["whitespace", "repeats", "signatures", "phrases", "sentences"]
    assert list(_applied(ALL, 300)) == NAMES


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_no_strategy_is_applied_where_those_before_it_were_enough(count: int) -> None:
    assert list(_applied(ALL, _left_by(count))) == NAMES[:count]
    assert list(_applied(ALL, _left_by(count) - 1)) == NAMES[:count + 1]


def test_a_strategy_that_changes_nothing_is_not_said_to_have_been_applied() -> None:
    files = show_files([ShownFile("src/a.py", CODE.replace("\n\n\n", "\n\n"))])
    request = _request(PARTS[0], Segment("files", files, False))
    assert list(_applied(request, 600)) == ["signatures"]


def test_protected_segments_come_out_byte_for_byte_and_in_their_place() -> None:
    protected = [segment for segment in PARTS if segment.protected]
    compacted = compact_prompt(ALL, 300).compacted_prompt.messages[0].segments
    assert [segment.name for segment in compacted] == [segment.name for segment in PARTS]
    assert [segment for segment in compacted if segment.protected] == protected


def test_the_figures_are_those_of_the_prompts() -> None:
    compaction = compact_prompt(ALL, 1000)
    before, after = ALL.estimated_tokens, compaction.compacted_prompt.estimated_tokens
    assert (compaction.before_tokens, compaction.after_tokens) == (before, after)
    assert compaction.reduction_percent == pytest.approx(100 * (before - after) / before)


def test_roles_options_and_system_stay() -> None:
    request = replace(
        ALL, messages=(*ALL.messages, Message.of("assistant", WORDY, protected=False), Message.of("user", "Go on.")),
        max_output_tokens=7, cacheable=False,
    )
    compacted = compact_prompt(request, 500).compacted_prompt
    assert replace(compacted, messages=request.messages) == request
    assert [message.role for message in compacted.messages] == ["user", "assistant", "user"]
    assert len(compacted.messages[1].text) < len(WORDY)


@pytest.mark.parametrize("segments", [(), (Segment("nothing", "", False),), (Segment("nothing", "", True),) * 2])
def test_a_prompt_without_text_is_none_that_can_be_shortened(segments: tuple[Segment, ...]) -> None:
    request = _request(*segments, system="")
    assert compact_prompt(request, 12).compacted_prompt == request
    with pytest.raises(ContextExceeded):
        compact_prompt(request, 11)


def test_what_must_not_be_shortened_alone_may_be_too_long() -> None:
    request = _request(Segment("file", "x = 1\n" * 1000, True), Segment("wordy", WORDY, False))
    with pytest.raises(ContextExceeded) as caught:
        compact_prompt(request, 1000)
    alone = _request(request.messages[0].segments[0]).estimated_tokens
    assert f"takes about {alone} tokens, and there is room for 1000" in caught.value.what
    assert compact_prompt(request, alone + 50).after_tokens <= alone + 50


def test_the_system_prompt_counts_as_what_must_not_be_shortened() -> None:
    with pytest.raises(ContextExceeded):
        compact_prompt(_request(Segment("wordy", WORDY, False), system="Be brief. " * 1000), 1000)


def test_quoted_files_stay_between_their_fences_under_their_paths() -> None:
    files = [ShownFile("%d.py" % n, CODE.replace("mend", "mend_%d" % n)) for n in range(5)]
    files += [ShownFile("notes.md", "# Notes\n\n```sh\nls\n```\n\n" + WORDY)]
    compacted = compact_prompt(_request(Segment("files", show_files(files), False)), 400).compacted_prompt
    text = without_marks(compacted.messages[0].text)
    frames = [line for line in text.split("\n") if line.startswith(("===", "```", "<data>", "</data>"))]
    assert frames == [*(line for n in range(5) for line in ("=== %d.py" % n, "<data>", "</data>")),
                      "=== notes.md", "<data>", "```sh", "```", "</data>"]


def test_a_line_break_between_two_segments_stays_one() -> None:
    request = _request(Segment("wordy", WORDY + "\n", False), Segment("line", "File: a.py\n", True))
    assert "\nFile: a.py\n" in compact_prompt(request, 40).compacted_prompt.messages[0].text


def test_chinese_is_shortened_too_and_what_it_demands_stays() -> None:
    filler = "".join("第%d个城市的天气一直以来都还算不错，大家都很高兴。" % n for n in range(200))
    request = _request(
        Segment("task", "给链条加上冷却时间。\n", True), Segment("notes", filler + "必须等待冷却时间结束。" + filler, False)
    )
    compaction = compact_prompt(request, int(0.4 * request.estimated_tokens))
    assert 60 <= compaction.reduction_percent < 65
    assert "必须等待冷却时间结束。" in compaction.compacted_prompt.messages[0].text


def test_odd_characters_harm_nothing() -> None:
    text = "Zürich \U0001f600\u200d\u0301 \ud800 \x00 \u2028 \x85 naïve. " * 200
    compaction = compact_prompt(_request(Segment("odd", text, False)), 1000)
    assert compaction.after_tokens <= 1000
    assert set(compaction.compacted_prompt.messages[0].text) <= set(text + "[...]")


HOSTILE = {
    "one line": "word ", "one word": "x", "backticks in lines": "```\n", "blank lines": "\n", "blanks": " ",
    "paths": "=== a\n", "paths in one line": "=== a ", "brackets": "(", "brackets in lines": "(\n", "names": "a.b.c",
    "Chinese": "必须修复错误", "Chinese sentences": "中文。", "tildes": "~~~\n", "definitions": "def f(\n",
    "modifiers": "public static ", "colons": "a:" * 100 + "{\n", "arrows": "const a=(" * 30 + "\n", "carriage": "a\r\n",
    "items": "- a\n", "negations": "not very ", "phrases": "in order to ", "sentences": "Aa. ",
    "throws": "a() throws " + "a, " * 80 + "{\n",
}


@pytest.mark.parametrize("wrap", ["%s", "=== a.py\n`````python\n%s\n`````\n", "=== a.md\n`````\n%s\n`````\n"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_prompt_is_shortened_like_any_other(name: str, wrap: str) -> None:
    text = wrap % (HOSTILE[name] * (60_000 // len(HOSTILE[name])))
    request = _request(Segment("task", "Mend it.\n", True), Segment("hostile", text, False))
    before = request.estimated_tokens
    compaction = compact_prompt(request, int(0.6 * before))
    assert compaction.after_tokens <= 0.6 * before
    assert compaction.compacted_prompt.messages[0].text.startswith("Mend it.\n")


def test_nested_fences_are_kept_where_nothing_else_is_left_to_take() -> None:
    text = "".join("`" * (3 + n) + "\n" for n in range(200))
    request = _request(Segment("fences", text, False))
    assert compact_prompt(request, 100) == Compaction(
        request, request.estimated_tokens, request.estimated_tokens, ()
    )
    assert "".join(passage.text for passage in split(text)) == text


def test_the_result_does_not_hang_on_the_seed_of_hashes() -> None:
    program = (
        "from tests.unit.adapters.test_compaction import ALL, compact_prompt\n"
        "print([ascii(compact_prompt(ALL, n).compacted_prompt) for n in (300, 600, 900, 1500)])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, check=True,
            capture_output=True, text=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(outputs) == 1 and "cooldown" in outputs.pop()
