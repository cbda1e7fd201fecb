"""Each test has a process of its own: signals and standard streams belong to the whole process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(code: str, *, redirect: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs code in a new Python; `redirect` is in the shell's words."""
    start = "import os, signal, sys\nfrom orchestra import process\nfrom orchestra.environment import StopSignal\n"
    return subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" -c "$1" ' + redirect, sys.executable, start + code],
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables}, timeout=60,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True,
    )


@pytest.mark.parametrize(("signal", "status"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_first_signal_is_noted_and_a_second_ends_the_process(signal: str, status: int) -> None:
    done = run(
        "stop = StopSignal()\n"
        "process.listen(stop)\n"
        "os.kill(os.getpid(), signal.%s)\n"
        "print('noted', stop.number + 128, flush=True)\n"
        "os.kill(os.getpid(), signal.%s)\n"
        "print('still here', flush=True)\n" % (signal, signal)
    )
    assert (done.returncode, done.stdout, done.stderr) == (status, "noted %d\n" % status, "")


def test_a_terminal_that_hangs_up_twice_is_one_that_closes_and_no_impatient_user() -> None:
    done = run(
        "stop = StopSignal()\n"
        "process.listen(stop)\n"
        "os.kill(os.getpid(), signal.SIGHUP)\n"
        "os.kill(os.getpid(), signal.SIGHUP)\n"
        "print(stop.number, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
        "print('still here', flush=True)\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (143, "1\n", "")


@pytest.mark.parametrize("loading", ["orchestra.unpacking", "orchestra.process"])
def test_the_key_that_stops_shows_no_traceback_while_code_is_being_loaded(loading: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c",
         "import os, signal, sys\n"
         "from orchestra import __main__\n"
         "class Finder:\n"
         "    def find_spec(self, name, path=None, target=None):\n"
         "        if name == %r: os.kill(os.getpid(), signal.SIGINT)\n"
         "sys.meta_path.insert(0, Finder())\n"
         "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
         "sys.argv = ['orchestra', 'sessions']\n"
         "__main__.run()\n" % loading],
        cwd=tempfile.gettempdir(), env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_version_that_cannot_be_written_is_said() -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", '"$0" "$1" --version >/dev/full', sys.executable, str(ROOT / "orchestra.py")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=60,
    )
    assert done.returncode == 5 and done.stderr.startswith("orchestra: error [output]: ")
    silent = subprocess.run(
        ["/bin/sh", "-c", '"$0" "$1" --version >/dev/full 2>&-', sys.executable, str(ROOT / "orchestra.py")], timeout=60
    )
    assert silent.returncode == 5


@pytest.mark.parametrize("act", ["print('given back', flush=True)", "print('given back', 1 / 0)"])
def test_a_second_signal_still_gives_the_terminal_back_and_ends_the_process_even_if_that_fails(act: str) -> None:
    done = run(
        "stop = StopSignal()\n"
        "stop.last_act = lambda: %s\n"
        "process.listen(stop)\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
        "print('still here', flush=True)\n" % act
    )
    assert (done.returncode, done.stdout) == (130, "" if "1 / 0" in act else "given back\n")


def test_a_signal_that_the_caller_has_ignored_stays_ignored() -> None:
    done = run(
        "stop = StopSignal()\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "process.listen(stop)\n"
        "os.kill(os.getpid(), signal.SIGHUP)\n"
        "os.kill(os.getpid(), signal.SIGHUP)\n"
        "print(stop.number)\n"
    )
    assert (done.returncode, done.stdout) == (0, "None\n")


def test_a_reader_that_leaves_early_does_not_change_the_status() -> None:
    code = "process.open_streams()\nfor _ in range(100000): print('a line')\nprocess.leave(8)"
    done = subprocess.run(
        ["/bin/sh", "-c", '("$0" -c "$1"; echo status $? >&2) | true', sys.executable,
         "from orchestra import process\n" + code],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, universal_newlines=True, timeout=60,
    )
    assert done.stderr == "status 8\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_results_that_cannot_be_written_are_a_failure() -> None:
    done = run("process.open_streams()\nprint('result')\nprocess.leave(0)", redirect=">/dev/full")
    assert done.returncode == 5
    assert done.stderr.startswith("orchestra: error [workspace]: ")


def test_a_closed_stream_is_never_taken_by_a_file(tmp_path: Path) -> None:
    file = tmp_path / "data"
    done = run(
        "process.open_streams()\n"
        "opened = os.open(%r, os.O_CREAT | os.O_WRONLY)\n"
        "print('lost'); print('lost', file=sys.stderr)\n"
        "process.leave(0 if opened > 2 and sys.stdin.read() == '' else 1)\n" % str(file),
        redirect="<&- >&- 2>&-",
    )
    assert done.returncode == 0
    assert file.read_bytes() == b""


def test_what_the_locale_cannot_express_is_written_as_escapes() -> None:
    done = run(
        r"process.open_streams(); print('\u00e4 \udc80'); print('\u2192', file=sys.stderr); process.leave(0)",
        PYTHONIOENCODING="ascii",
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "\\xe4 \\udc80\n", "\\u2192\n")


def test_leaving_does_not_wait_for_a_thread_that_hangs() -> None:
    done = run(
        "import threading\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "ThreadPoolExecutor().submit(threading.Event().wait)\n"
        "print('flushed')\n"
        "process.leave(3)\n"
    )
    assert (done.returncode, done.stdout) == (3, "flushed\n")


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ("return 9", 9),
        ("raise errors.ConfigError('bad value', where='f:1', hint='mend it')", 2),
        ("raise errors.Cancelled()", 130),
        ("env.stop.request(15); raise errors.Cancelled()", 143),
        ("raise KeyError('a defect')", 70),
        ("raise SystemExit", 70),
    ],
)
def test_whatever_the_program_does_has_its_status(what: str, status: int) -> None:
    done = run(
        "from orchestra import errors\n"
        "def program(arguments, env):\n    %s\n"
        "process.leave(process.status_of(program, []))" % what
    )
    assert done.returncode == status
    assert ("Traceback" in done.stderr) == (status == 70)
    if status == 2:
        assert done.stderr == "orchestra: error [config]: bad value; f:1; mend it\n"


def test_a_folder_that_is_gone_is_told_in_one_line(tmp_path: Path) -> None:
    script = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$1" status'
    done = subprocess.run(
        ["/bin/sh", "-c", script, sys.executable, str(ROOT / "orchestra.py")], cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True,
    )
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr.startswith("orchestra: error [workspace]: the current folder is gone; ")
