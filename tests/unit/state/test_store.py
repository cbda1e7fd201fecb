from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from orchestra.errors import StateError
from orchestra.state.database import FILE
from orchestra.state.store import Store


@pytest.mark.parametrize("is_replaced", [False, True])
def test_nothing_is_written_to_a_journal_that_nobody_would_find(folder: Path, is_replaced: bool) -> None:
    store = Store.open(folder)
    store.change("CREATE TABLE t (n)")
    shutil.copyfile(folder / FILE, folder / "another")
    shutil.move(folder / FILE, folder / "elsewhere")
    if is_replaced:
        shutil.move(folder / "another", folder / FILE)
    with pytest.raises(StateError, match="has gone"):
        store.change("INSERT INTO t VALUES (1)")
    shutil.move(folder / "elsewhere", folder / FILE)
    store.change("INSERT INTO t VALUES (2)")
    assert [row["n"] for row in store.rows("SELECT n FROM t")] == [2]
    store.close()
