"""That what is measured by hand can still be measured."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks import calls, compaction


def test_the_path_of_a_call_is_wired_as_a_run_wires_it(tmp_path: Path) -> None:
    ours = calls.Ours("http://127.0.0.1:1/v1", tmp_path, 1, is_streamed=True)
    ours.journal.close()


def test_there_are_at_least_ten_prompts_to_compact() -> None:
    assert len(list(compaction.prompts())) >= 10
