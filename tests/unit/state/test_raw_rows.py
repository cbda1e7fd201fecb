"""Pages of a damaged journal, read without what should lead to them."""

from __future__ import annotations

import pytest

from orchestra.state.raw_rows import _Broken, _payload

PAGE = 4096


@pytest.mark.parametrize("length", [2 ** 40, 3 * PAGE])
def test_pages_that_lead_in_a_circle_are_no_text_without_end(length: int) -> None:
    cell = bytes(PAGE)
    local = (PAGE - 12) * 32 // 255 - 23
    local += (length - local) % (PAGE - 4)
    local = local if local <= PAGE - 35 else (PAGE - 12) * 32 // 255 - 23
    cell = cell[:local] + (2).to_bytes(4, "big") + cell[local + 4:]
    itself = (2).to_bytes(4, "big") + bytes(PAGE - 4)
    with pytest.raises(_Broken):
        _payload(cell, 0, length, [cell, itself, itself, itself])
