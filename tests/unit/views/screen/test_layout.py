from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from orchestra.views.screen.board import Snapshot
from orchestra.views.cell_text import harmless, width_of
from orchestra.views.screen.layout import ATTRIBUTES, Line, cells, list_room, spark
from orchestra.views.screen.look import Look, Sheet, selected_after
from tests.unit.fake_clock import START
from tests.unit.views.screen.events import Story

KEYS = (("p", "pause"), ("q", "cancel"))
HOSTILE = "\x1b]0;evil\x07 \u202egnp.exe 说明书\u0301 \ud83d 🎉\n\t"


def text_of(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def busy(files: int = 300, *, name: str = "src/module{}.py") -> Story:
    """A session in full swing: four at work, every third file failed."""
    story = Story()
    story.execute(files)
    story.wait(60)
    for number in range(files // 2):
        path = name.format(number)
        story.ask(number, path)
        story.answer(number, path)
        story.end(path, "approved" if number % 3 else "failed")
    for number in range(4):
        story.ask(1000 + number, name.format(f"-at-work{number}"))
    story.wait(7)
    return story


def shot_of(story: Story) -> Snapshot:
    return story.board.snapshot(story.now)


def drawn(story: Story, width: int, height: int, look: Look = Look(keys=KEYS)) -> list[str]:
    return text_of(cells(shot_of(story), look, width, height, story.now))


SIZES = [*itertools.product([1, 2, 5, 11, 20, 43, 50, 80, 300], [1, 2, 3, 5, 8, 24, 100])]


@pytest.mark.parametrize("name", ["src/module{}.py", "说明/文件{}.txt", HOSTILE + "{}"])
def test_at_any_size_everything_fits_and_is_harmless(name: str) -> None:
    shot = shot_of(busy(name=name))
    shot = replace(shot, task=HOSTILE * 9, faults=(HOSTILE * 20,) * 3)
    sheet = Sheet.of(HOSTILE * 5, HOSTILE * 50, width=33)
    looks = [
        Look(keys=KEYS), Look(sheet=sheet), Look(notice=HOSTILE), Look(notice="Say:", entry=HOSTILE * 9, is_paused=True)
    ]
    for (width, height), look in itertools.product(SIZES, looks):
        lines = cells(shot, look, width, height, START)
        assert len(lines) == height
        for line in lines:
            assert sum(width_of(text) for text, _ in line) <= width, (width, height, line)
            assert all(harmless(text) == text and attribute in ATTRIBUTES for text, attribute in line)


def test_an_empty_board_is_drawn_at_any_size() -> None:
    for width, height in SIZES:
        assert len(cells(Snapshot(), Look(), width, height, START)) == height


def test_a_wide_screen_shows_everything() -> None:
    lines = drawn(busy(), 100, 30)
    assert lines[0].startswith("Add a flag") and lines[0].endswith("1:07")
    assert lines[1] == "parallel  plan > approve > execute > test > commit"
    assert lines[2].startswith("$1.5000 of $1.0000  150.0k+30.0k tokens  18.0k/s")
    assert lines[3].startswith("150 of 300 files, about 1:07 left, 50 failed [####################....")
    assert lines[4].split() == ["agent", "time", "file", "tokens", "tries", "model"]
    assert lines[5].split() == ["executor", "0:07", "src/module-at-work0.py", "0", "1", "glm"]
    assert lines[9].split() == ["approved", "0:00", "src/module149.py", "1.2k", "1", "glm"]
    assert lines[-2] == "! file: src/module147.py failed: no good"
    assert lines[-1] == "p pause  q cancel"


def test_a_tiny_screen_shows_cost_progress_work_and_keys() -> None:
    assert drawn(busy(), 20, 5, Look(keys=(*KEYS, ("arrows", "select")))) == [
        "$1.5000 of $1.0000  ", "150 of 300 files, ab", "executor   ~ork0.py ", "executor   ~ork1.py ",
        "p q arrows",
    ]
    assert drawn(busy(), 20, 1) == ["150 of 300 files, ab"]


def test_the_selected_row_is_in_sight_and_marked() -> None:
    story = busy()
    shot = shot_of(story)
    selected = None
    for _ in range(70):
        selected = selected_after(shot.rows, selected, "down", 10)
    lines = cells(shot, Look(selected=selected), 80, 15, story.now)
    marked = [line[0][0] for line in lines if line and line[0][1] == "reverse" and "src/" in line[0][0]]
    assert len(marked) == 1 and str(selected) in marked[0]


def test_a_pause_is_said_first() -> None:
    assert drawn(busy(), 80, 10, Look(is_paused=True))[3].startswith("PAUSED 150 of 300")


def test_the_key_of_a_pause_says_what_it_does_next() -> None:
    keys = (("p", "pause"), ("d", "diff"))
    feet = [drawn(busy(), 80, 10, Look(keys=keys, is_paused=is_paused))[-1] for is_paused in (False, True)]
    assert feet == ["p pause  d diff", "p go on  d diff"]


def test_a_cost_without_a_price_is_not_shown_as_whole() -> None:
    story = Story()
    assert "$0.0000 of" in drawn(story, 80, 10)[2]
    story.answer(1, "a.py", cost=None)
    assert drawn(story, 80, 10)[2].startswith("no price, budget $1.0000")
    story.answer(2, "a.py")
    assert drawn(story, 80, 10)[2].startswith("at least $0.0100 of $1.0000")


def test_near_the_budget_the_cost_is_a_warning() -> None:
    def attribute(cost: float) -> str:
        story = Story()
        story.answer(1, "a.py", cost=cost)
        return cells(shot_of(story), Look(), 80, 10, story.now)[2][0][1]

    assert [attribute(cost) for cost in (0.1, 0.8)] == ["bold", "warn"]


def test_a_sheet_shows_its_part_and_how_far_it_is() -> None:
    sheet = replace(Sheet.of("The plan", "\n".join(f"line {number}" for number in range(10)), width=30), top=3)
    assert drawn(Story(), 30, 6, Look(sheet=sheet, keys=KEYS)) == [
        "The plan                   70%", "line 3", "line 4", "line 5", "line 6", "p pause  q cancel",
    ]


def test_a_page_is_what_the_screen_has_room_for() -> None:
    shot = shot_of(busy())
    for height in (2, 5, 10, 24, 100):
        lines = [line[0][0] for line in cells(shot, Look(), 80, height, START) if line]
        in_list = [line for line in lines if "module" in line and not line.startswith("!")]
        assert len(in_list) == (0 if height < 3 else list_room(shot, height, has_sheet=False))
    assert list_room(shot, 6, has_sheet=True) == 4


def test_the_end_of_what_is_typed_stays_in_sight() -> None:
    line = drawn(Story(), 20, 3, Look(notice="Say:", entry="a long remark to be seen"))[-1]
    assert line == "Say: ~rk to be seen_"


def test_a_spark_line_is_as_high_as_its_highest() -> None:
    assert spark((0.0, 1.0, 8.0, 4.0), 10, is_utf8=True) == " ▁█▄"
    assert spark((0.0, 1.0, 8.0, 4.0), 2, is_utf8=False) == "@="
    assert spark((0.0, 0.0), 10, is_utf8=True) == "  "
    assert spark((), 10, is_utf8=True) == spark((1.0,), 0, is_utf8=True) == ""


def test_files_whose_names_do_not_fit_are_told_apart() -> None:
    story = Story()
    for number, path in enumerate(["services/billing/models.py", "services/archive/models.py"]):
        story.ask(number, path)
    assert [line[19:].strip() for line in drawn(story, 30, 10)[5:7]] == ["~bill~s.py", "~arch~s.py"]
