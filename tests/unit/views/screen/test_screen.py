from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Iterator

import pytest

from orchestra.errors import Cancelled
from tests.unit.fake_clock import START
from tests.unit.views.screen.events import Story
from tests.unit.views.screen.typist import Desk

PATCH = "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-old\n+new\n"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Two files have ended, one is at work."""
    desk = Desk(tmp_path)
    story = Story(desk.screen.board)
    story.execute(4)
    for path in ("a.py", "b.py"):
        story.ask(1, path)
        story.end(path)
    story.ask(2, "c.py")
    with desk.screen.open(lambda path: PATCH if path == "a.py" else ""):
        yield desk


def test_the_terminal_is_given_back_whatever_happens(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with pytest.raises(ZeroDivisionError):
        with desk.screen.open(lambda path: ""):
            assert desk.env.stop.last_act == desk.typist.end
            raise ZeroDivisionError
    assert desk.typist.doings == ["begin", "end"]
    desk.env.stop.last_act()
    assert desk.typist.doings == ["begin", "end"]


def test_before_it_is_open_and_after_nothing_is_drawn(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.screen.turn()
    with desk.screen.open(lambda path: ""):
        pass
    desk.clock.seconds += 1
    desk.screen.turn()
    assert desk.typist.pictures == []


def test_it_is_drawn_again_only_when_something_has_changed(desk: Desk) -> None:
    desk.turn()
    for _ in range(4):
        desk.clock.seconds += 0.2
        desk.screen.turn()
    assert len(desk.typist.pictures) == 1
    desk.clock.seconds += 0.3
    desk.screen.turn()
    assert len(desk.typist.pictures) == 2


def test_turns_that_follow_too_soon_cost_nothing(desk: Desk) -> None:
    desk.turn()
    desk.typist.keys = ["p"]
    desk.clock.seconds += 0.05
    desk.screen.turn()
    assert desk.typist.keys == ["p"] and not desk.screen.is_paused


def test_p_pauses_and_goes_on(desk: Desk) -> None:
    assert "PAUSED" in desk.turn("p") and desk.screen.is_paused
    assert "PAUSED" not in desk.turn("p") and not desk.screen.is_paused


def test_q_cancels_only_when_it_is_pressed_again(desk: Desk) -> None:
    assert "q again cancels" in desk.turn("q")
    assert "q again cancels" not in desk.turn("x")
    desk.turn("q", "down", "q")
    assert desk.env.stop.number is None
    desk.turn("q")
    assert desk.env.stop.number == 2


def test_d_shows_what_was_made_of_the_selected_file(desk: Desk) -> None:
    picture = desk.turn("end", "d")
    assert "diff of a.py" in picture and "+new" in picture
    assert "diff of" not in desk.turn("q") and desk.env.stop.number is None
    assert "nothing was changed yet" in desk.turn("home", "d")


def test_work_on_no_file_has_no_diff(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with desk.screen.open(lambda path: ""):
        assert "only a file has a diff" in desk.turn("d")


def test_l_shows_the_log_of_the_selected_file_and_capital_l_all_of_it(desk: Desk) -> None:
    picture = desk.turn("end", "l")
    assert "log of a.py" in picture and "a.py approved" in picture and "b.py" not in picture
    assert "b.py approved" in desk.turn("escape", "L")


def test_from_the_diff_one_goes_to_the_log_of_the_same_file_and_back(desk: Desk) -> None:
    assert "d diff" in desk.turn("end", "l") and "l log" in desk.typist.picture
    assert "diff of a.py" in desk.turn("d")
    assert "log of a.py" in desk.turn("l")
    assert "log of the session" in desk.turn("L")
    assert "log of" not in desk.turn("x")


def test_the_page_of_the_first_row_stays_that_files_when_another_row_comes_first(desk: Desk) -> None:
    assert "log of c.py" in desk.turn("l")
    story = Story(desk.screen.board, begins=False)
    story.answer(2, "c.py")
    story.ask(3, "d.py")
    assert "diff of c.py" in desk.turn("d")


def test_a_screen_that_changes_its_size_is_drawn_anew_with_its_sheet_folded(desk: Desk) -> None:
    desk.turn("end", "d")
    desk.typist.size = (20, 5)
    picture = desk.turn("resize")
    assert len(picture.splitlines()) == 5 and max(map(len, picture.splitlines())) <= 20


def test_a_question_is_asked_until_a_key_and_scrolled_meanwhile(desk: Desk) -> None:
    desk.typist.keys = [None, "down", "resize", "y"]
    sheet = desk.screen.sheet("Numbers", "\n".join(map(str, range(30))))
    assert desk.screen.ask(sheet, keys=(("y", "yes"),)) == "y"
    assert desk.typist.pictures[0][1] == "0" and desk.typist.pictures[-1][1] == "1"


def test_a_line_is_typed_with_letters_that_move_elsewhere(desk: Desk) -> None:
    desk.typist.keys = [*"jk go", "backspace", "left", "x", "enter"]
    assert desk.screen.type_in("Say:") == "jk gx"
    assert "Say: jk gx_" in desk.typist.picture


@pytest.mark.parametrize("key", ["escape", "end of input"])
def test_typing_can_be_given_up(desk: Desk, key: str) -> None:
    desk.typist.keys = ["a", key]
    assert desk.screen.type_in("Say:") is None


def test_a_terminal_that_has_gone_ends_the_input(desk: Desk) -> None:
    assert desk.screen.ask() == "end of input"


def test_a_stop_ends_a_question(desk: Desk) -> None:
    desk.env.stop.request(15)
    with pytest.raises(Cancelled):
        desk.screen.ask()


def test_time_goes_on_in_the_rows(desk: Desk) -> None:
    first, second = desk.turn(), desk.turn()
    assert first != second
    assert desk.clock.now() == START + timedelta(seconds=2)
