"""Fenced blocks as models write them."""

from __future__ import annotations

import pytest

from orchestra.agents.blocks import find_blocks
from orchestra.agents.thinking import clean


def test_finds_a_block_with_its_info_and_the_line_before() -> None:
    (block,) = find_blocks("Here is `a.py`:\n\n```python\nx = 1\n\n```\nDone.")
    assert (block.info, block.text, block.lead, block.is_closed) == ("python", "x = 1\n\n", "Here is `a.py`:", True)


def test_pairs_inner_fences_that_name_a_language() -> None:
    text = "```python\n'''\n```json\n{}\n```\n'''\n```\n\n```bash\nls\n```"
    assert [block.text for block in find_blocks(text)] == ["'''\n```json\n{}\n```\n'''\n", "ls\n"]


def test_a_longer_fence_holds_shorter_ones() -> None:
    (block,) = find_blocks("````\n```\nx\n```\n````")
    assert block.text == "```\nx\n```\n"


def test_tildes_hold_backticks() -> None:
    (block,) = find_blocks("~~~ markdown\n```\nx\n```\n~~~")
    assert (block.info, block.text) == ("markdown", "```\nx\n```\n")


def test_takes_away_the_indentation_of_an_indented_fence() -> None:
    (block,) = find_blocks("1. this\n\n   ```py\n   if x:\n       y\n   ```")
    assert block.text == "if x:\n    y\n"


def test_knows_a_block_that_is_not_closed() -> None:
    (block,) = find_blocks("```\nx = 1\ny =")
    assert not block.is_closed
    assert block.text == "x = 1\ny =\n"


def test_words_between_backticks_in_a_line_open_nothing() -> None:
    assert find_blocks("```x``` is code") == ()


def test_drops_thinking_byte_order_mark_and_carriage_returns() -> None:
    assert clean("\ufeff<think>\n```\nno\n```\n</think>\r\nyes\r\n") == "\nyes\n"
    assert clean("thought about it\n</think>\nyes") == "\nyes"
    assert clean("<think>never ends") == ""


@pytest.mark.parametrize("thinking", [
    "<seed:think>\n```\nno\n```\n</seed:think>",
    "[THINK]no[/THINK]",
    "<|channel|>analysis<|message|>no<|end|><|start|>assistant<|channel|>final<|message|>",
    "<think>no</think>\n<think>neither</think>",
])
def test_drops_thinking_in_the_tags_of_other_vendors(thinking: str) -> None:
    assert clean(thinking + "\nyes") == "\nyes"


def test_drops_marks_of_the_end_however_many() -> None:
    assert clean("yes\n<|im_end|>\n </s>\n") == "yes"
    assert clean("yes </s> \n") == "yes" and clean("</s>") == "" and clean("a </s> b\n") == "a </s> b\n"
    assert clean("yes\n" + "<|endoftext|> \n" * 400_000) == "yes"


def test_drops_thinking_after_a_few_words() -> None:
    assert clean("Let me see.\n<think>\n```\nno\n```\n</think>\nyes") == "\nyes"
    assert clean("I put it into\n<think> tags") == "I put it into\n<think> tags"
    block = "So:\n```\n<think>\nx\n</think>\n```\n"
    assert clean(block) == block


def test_keeps_a_tag_of_thinking_that_stands_in_a_block() -> None:
    text = "```\n</think>\n```"
    assert clean(text) == text
