"""The program, killed at one of its commits: `python -m tests.crashes.killing N before|after|amid FILE ARGUMENT ...`.

`amid` is after the first statement of it that makes a table or an index. Each commit is noted in FILE with one byte.
With 0 for N nothing is killed. It is SQLite's own connection that is made to count, through the standard library's
`factory`: of the program nothing is another than ever.
"""

from __future__ import annotations

import functools
import os
import signal
import sqlite3
import sys
import threading
from typing import Any

from orchestra.process import run

COUNT = threading.Lock()


class Counting(sqlite3.Connection):
    """A connection that kills its process before or after the n-th commit of all."""

    number = 0
    when = "before"
    notes = -1
    commits = 0

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if sql != "COMMIT":
            done = super().execute(sql, *parameters)
            if self.when == "amid" and Counting.commits == self.number - 1 and sql.startswith("CREATE"):
                os.kill(os.getpid(), signal.SIGKILL)
            return done
        with COUNT:
            Counting.commits += 1
            is_chosen = Counting.commits == Counting.number
        if is_chosen and Counting.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        done = super().execute(sql)
        os.write(Counting.notes, b".")
        if is_chosen:
            os.kill(os.getpid(), signal.SIGKILL)
        return done


if __name__ == "__main__":
    Counting.number, Counting.when = int(sys.argv[1]), sys.argv[2]
    Counting.notes = os.open(sys.argv[3], os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    sqlite3.connect = functools.partial(sqlite3.connect, factory=Counting)  # type: ignore[assignment]
    run(sys.argv[4:])
