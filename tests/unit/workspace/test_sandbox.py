"""What a command can and cannot do in the sandbox, with all that this kernel has and with parts of it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Iterator

import pytest

from orchestra.clock import CancelToken, Clock, Deadline, SystemClock
from orchestra.errors import Cancelled, WorkspaceError
from orchestra.workspace.children import ChildResult
from orchestra.workspace.sandbox import seccomp
from orchestra.workspace.sandbox.caches import caches_of
from orchestra.workspace.sandbox.layers import Layers
from orchestra.workspace.sandbox.places import places_of, private_folders
from orchestra.workspace.sandbox.sandbox import Sandbox
from tests.strays import strays
from tests.unit.workspace.test_children import CancelledWhen, TurnsOverWhen, ends, needs_pidfd

VARIABLES = {"PATH": os.environ["PATH"]}


def best(root: Path) -> Sandbox:
    return Sandbox.none().strengthened(root, variables=VARIABLES, cancel=CancelToken(), clock=SystemClock())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    for folder in (".git/hooks", ".orchestra/tmp/run", "src"):
        (root / folder).mkdir(parents=True)
    (root / ".git" / "config").write_text("[core]\n")
    (root / ".orchestra" / "state.db").write_text("state")
    (tmp_path / "beside").write_text("beside")
    return root


@pytest.fixture
def whole(root: Path) -> Sandbox:
    sandbox = best(root)
    if sandbox.layers.missing:
        pytest.skip("this kernel does not enforce: %s" % ", ".join(sandbox.layers.missing))
    return sandbox


@pytest.fixture
def by_landlock(root: Path) -> Sandbox:
    """As on a kernel that gives no namespaces."""
    sandbox = best(root)
    layers = replace(sandbox.layers, mounts=False, network=False, pids=False)
    if not {"writes", "network"} <= set(layers.enforced):
        pytest.skip("this kernel has no Landlock, or no filter of calls")
    return Sandbox(layers, sandbox.modules)


@pytest.fixture(params=["whole", "by_landlock", "no namespace of processes"])
def some(request: pytest.FixtureRequest, root: Path) -> Sandbox:
    if request.param != "no namespace of processes":
        sandbox = request.getfixturevalue(request.param)
        assert isinstance(sandbox, Sandbox)
        return sandbox
    whole = request.getfixturevalue("whole")
    return Sandbox(replace(whole.layers, pids=False), whole.modules)


def run(
    sandbox: Sandbox, root: Path, script: str, *, clock: Clock | None = None, cancel: CancelToken | None = None,
    keep_bytes: int = 65536, **variables: str,
) -> ChildResult:
    clock = clock or SystemClock()
    return sandbox.run(
        ["/bin/sh", "-c", script], root=root, private=root / ".orchestra" / "tmp" / "run",
        variables={**VARIABLES, **variables}, deadline=Deadline.after(clock, 60), cancel=cancel or CancelToken(),
        clock=clock, keep_bytes=keep_bytes,
    )


def python(sandbox: Sandbox, root: Path, code: str) -> str:
    (root / "code.py").write_text(code)
    return run(sandbox, root, "'%s' code.py 2>&1" % sys.executable).stdout.decode()


def test_writes_go_into_the_repository_and_the_folder_of_its_own(some: Sandbox, root: Path) -> None:
    result = run(
        some, root, "echo a > new; mkdir -p d/e && mv new d/e/moved; echo b > src/x; ln -s x src/l; rm src/l;"
        "echo c > .orchestra/tmp/run/c; echo d > /dev/null; echo said"
    )
    assert (result.exit_status, result.stdout) == (0, b"said\n")
    assert (root / "d/e/moved").read_text() == "a\n" and (root / "src/x").exists()
    assert (root / ".orchestra/tmp/run/c").read_text() == "c\n"


@pytest.mark.parametrize("script", [
    "echo bad > ../beside", "echo bad >> ../beside", "rm ../beside", "mv ../beside b", "mkdir ../new",
    "ln -s ../beside l; echo bad > l", "ln -s .. up; echo bad > up/beside", "truncate -s 0 ../beside",
    "mv src ..", "ln ../beside hard && echo bad > hard", "cp src/../../beside ../copy",
])
def test_nothing_outside_changes(some: Sandbox, root: Path, script: str) -> None:
    assert run(some, root, script).exit_status != 0
    assert sorted(path.name for path in root.parent.iterdir()) == ["beside", "root"]
    assert (root.parent / "beside").read_text() == "beside"


@pytest.mark.parametrize("script", [
    "echo bad > .git/config", "echo bad > .git/hooks/pre-commit", "mv .git g", "rm -r .git", "mkdir .git/new",
    "echo bad > .orchestra/state.db", "rm .orchestra/state.db", "mv .orchestra o", "chmod 777 .git/config",
    "chmod 777 ../beside", "touch -d 2001-01-01 ../beside",
])
def test_gits_folder_the_state_and_modes_outside_stay(whole: Sandbox, root: Path, script: str) -> None:
    before = (root.parent / "beside").stat()
    assert run(whole, root, script).exit_status != 0
    after = (root.parent / "beside").stat()
    assert (root / ".git/config").read_text() == "[core]\n" and os.listdir(root / ".git/hooks") == []
    assert (root / ".orchestra/state.db").read_text() == "state"
    assert (before.st_mode, before.st_mtime) == (after.st_mode, after.st_mtime)


def test_the_sandbox_cannot_be_left_from_within(whole: Sandbox, root: Path) -> None:
    for script in ("umount .git", "mount -o remount,rw .git", "unshare -Urm umount .git", "unshare -m true"):
        run(whole, root, script + "; echo bad >> .git/config")
    assert (root / ".git/config").read_text() == "[core]\n"


def test_what_is_the_whole_machines_cannot_be_set(some: Sandbox, root: Path) -> None:
    for place in ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/sys/kernel/mm/ksm/run", "/proc/1/mem"):
        said = python(some, root, "import os\nos.open(%r, os.O_WRONLY)" % place)
        assert "Error" in said, place


def test_terminals_of_its_own_work_and_others_are_not_seen(whole: Sandbox, root: Path) -> None:
    ours, theirs = os.openpty()
    try:
        code = "import os\na, b = os.openpty()\nos.write(b, b'x')\nprint(os.read(a, 1), os.listdir('/dev/pts'))"
        assert python(whole, root, code) == "b'x' ['0', 'ptmx']\n"
        assert python(whole, root, "open(%r, 'w')\nprint('seen')" % os.ttyname(theirs)) != "seen\n"
    finally:
        os.close(ours)
        os.close(theirs)


CALL_OUT = """
import socket
outside = socket.socket(socket.%s, socket.%s)
outside.connect(("127.0.0.1", %d))
outside.send(b"x")
print("reached")
"""


@pytest.fixture
def server() -> Iterator[int]:
    """A port at which somebody outside listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.mark.parametrize("kind", ["SOCK_STREAM", "SOCK_DGRAM"])
def test_a_service_of_the_machine_is_not_reached(some: Sandbox, root: Path, server: int, kind: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(("127.0.0.1", 0))
        port = server if kind == "SOCK_STREAM" else datagrams.getsockname()[1]
        said = python(some, root, CALL_OUT % ("AF_INET", kind, port))
        datagrams.setblocking(False)
        with pytest.raises(BlockingIOError):
            datagrams.recv(1)
    if kind == "SOCK_STREAM":
        assert "reached" not in said and "Error" in said


def test_other_kinds_of_sockets_are_refused(some: Sandbox, root: Path) -> None:
    for family in ("AF_PACKET", "AF_VSOCK"):
        assert "PermissionError" in python(some, root, "import socket\nsocket.socket(socket.%s)" % family)


LOOPBACK = """
import socket, threading
server = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=lambda: server.accept()[0].sendall(b"hello")).start()
print(socket.create_connection(server.getsockname()).recv(5))
"""


def test_a_suite_may_talk_to_its_own_servers(whole: Sandbox, root: Path) -> None:
    assert python(whole, root, LOOPBACK) == "b'hello'\n"


def test_a_socket_in_the_file_system_is_not_reached(whole: Sandbox, root: Path) -> None:
    place = root.parent / "socket"
    with socket.socket(socket.AF_UNIX) as service:
        service.bind(str(place))
        service.listen()
        said = python(whole, root, "import socket\nsocket.socket(socket.AF_UNIX).connect(%r)" % str(place))
    assert "Error" in said


def test_own_sockets_in_the_file_system_work(some: Sandbox, root: Path) -> None:
    code = "import socket\na = socket.socket(socket.AF_UNIX)\na.bind('s')\na.listen()\n" \
        "socket.socket(socket.AF_UNIX).connect('s')\nprint('ok')"
    assert python(some, root, code) == "ok\n"


def test_no_process_outside_is_seen_or_hit(whole: Sandbox, root: Path) -> None:
    with subprocess.Popen(["sleep", "600"]) as other:
        try:
            assert run(whole, root, "kill -KILL %d" % other.pid).exit_status != 0
            assert other.poll() is None
        finally:
            other.kill()
    own = run(whole, root, "kill -KILL 1 2> refused; ls /proc | grep -c '^[0-9]'")
    assert own.exit_status == 0 and int(own.stdout) < 10


STRAY = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open("stray", "w").close()
        time.sleep(600)
    os._exit(0)
while not os.path.exists("stray"):
    time.sleep(0.001)
"""


def test_what_it_leaves_behind_is_ended_with_it(some: Sandbox, root: Path) -> None:
    python(some, root, STRAY)
    assert (root / "stray").exists() and not strays(root)


@needs_pidfd
def test_the_deadline_ends_also_what_left_its_session(some: Sandbox, root: Path) -> None:
    script = "trap '' TERM; (setsid sh -c \"trap '' TERM; sleep 600\" &) ; echo started; touch ready; sleep 600"
    result = run(some, root, script, clock=TurnsOverWhen(root / "ready"))
    assert (result.exit_status, result.stdout) == (None, b"started\n")
    assert not strays(root)


def test_a_stop_leaves_nothing_running(some: Sandbox, root: Path) -> None:
    with pytest.raises(Cancelled):
        run(some, root, "(setsid sleep 600 &); touch ready; sleep 600", cancel=CancelledWhen(root / "ready"))
    assert not strays(root)


@needs_pidfd
def test_the_friendly_signal_comes_first(some: Sandbox, root: Path) -> None:
    script = "trap 'echo bye; exit 3' TERM; touch ready; while :; do sleep 0.01; done"
    assert run(some, root, script, clock=TurnsOverWhen(root / "ready")).stdout.endswith(b"bye\n")


@pytest.mark.parametrize("script, status", [("exit 7", 7), ("kill -SEGV $$", -11), ("true", 0), ("exit 200", 200)])
def test_the_commands_own_end_is_told(some: Sandbox, root: Path, script: str, status: int) -> None:
    assert run(some, root, script).exit_status == status


def test_a_suite_that_kills_what_started_it_is_ended(some: Sandbox, root: Path) -> None:
    run(some, root, "(setsid sleep 600 &); kill -KILL 0; kill -KILL $PPID; sleep 0.01; kill -KILL $$")
    if some.layers.pids:
        assert not strays(root)


def test_much_output_is_taken_and_cut(some: Sandbox, root: Path) -> None:
    result = run(some, root, "echo first; head -c 20000000 /dev/zero | tr '\\0' x; echo last", keep_bytes=100)
    assert result.stdout.startswith(b"first\n") and result.stdout.endswith(b"last\n") and len(result.stdout) < 400


def test_a_command_that_is_not_there_is_an_os_error(some: Sandbox, root: Path) -> None:
    clock = SystemClock()
    with pytest.raises(FileNotFoundError):
        some.run(
            ["absent"], root=root, private=None, variables=VARIABLES, deadline=Deadline.after(clock, 60),
            cancel=CancelToken(), clock=clock, keep_bytes=100,
        )


def test_variables_and_arguments_arrive_as_bytes(some: Sandbox, root: Path) -> None:
    clock = SystemClock()
    odd = os.fsdecode(b"\xff\xc3\xa9 '\"\n")
    result = some.run(
        ["/bin/sh", "-c", 'printf %s "$ODD$1"; env | grep -c LC_', "sh", odd], root=root, private=None,
        variables={**VARIABLES, "ODD": odd}, deadline=Deadline.after(clock, 60), cancel=CancelToken(), clock=clock,
        keep_bytes=1000,
    )
    assert result.stdout == os.fsencode(odd) * 2 + b"0\n"


def test_signals_and_input_are_as_a_program_expects_them(some: Sandbox, root: Path) -> None:
    code = "import signal, sys\nprint(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, repr(sys.stdin.read()))\n" \
        "print([line for line in open('/proc/self/status') if line.startswith('SigIgn')][0].split()[1])"
    first, ignored = python(some, root, code).splitlines()
    assert first == "True ''"
    # Python itself ignores SIGPIPE and SIGXFSZ; what comes from 32 on is for the C library to say.
    assert int(ignored, 16) & 0x7FFFFFFF == 1 << 12 | 1 << 24


def test_without_layers_all_is_allowed_and_nothing_is_left_running(root: Path) -> None:
    result = run(Sandbox.none(), root, "(setsid sleep 600 &); echo x > ../beside; exit 4")
    assert result.exit_status == 4 and (root.parent / "beside").read_text() == "x\n"
    if Sandbox.none().modules:
        assert not strays(root)


def test_without_a_keeper_the_command_is_run_all_the_same(root: Path) -> None:
    result = run(Sandbox(Layers(), ()), root, "sleep 600 & echo $!; exit 4")
    assert result.exit_status == 4
    if hasattr(os, "pidfd_open"):
        assert ends(int(result.stdout))


def test_a_sandbox_that_the_kernel_no_longer_grants_is_an_error(root: Path, whole: Sandbox) -> None:
    (root / ".orchestra" / "tmp" / "run").rmdir()
    with pytest.raises(WorkspaceError) as caught:
        run(whole, root, "echo ran > ran")
    assert "tests.sandbox" in (caught.value.hint or "") and not (root / "ran").exists()


@pytest.fixture
def home(root: Path) -> Path:
    home = root.parent / "home"
    for folder in (".cargo/registry", ".cache/go-build", ".config"):
        (home / folder).mkdir(parents=True)
    (home / ".cargo" / "kept").write_text("kept")
    return home


def test_a_cache_in_the_home_is_written_only_for_the_run(whole: Sandbox, root: Path, home: Path) -> None:
    probe = run(whole, root, "echo x > $HOME/.cargo/new", HOME=str(home))
    if probe.exit_status != 0:
        pytest.skip("this kernel makes no layers here")
    script = "cd $HOME/.cargo && cat kept && rm kept && mv registry r && echo b > new && ls; echo x > $HOME/.config/a"
    result = run(whole, root, script, HOME=str(home))
    assert result.stdout.startswith(b"keptnew\nr\n") and result.exit_status != 0
    assert sorted(path.relative_to(home).as_posix() for path in home.rglob("*")) == [
        ".cache", ".cache/go-build", ".cargo", ".cargo/kept", ".cargo/registry", ".config"
    ]


def test_without_layers_an_empty_cache_does(by_landlock: Sandbox, root: Path, home: Path) -> None:
    result = run(by_landlock, root, "echo x > $HOME/.cargo/new; echo $GOCACHE", HOME=str(home))
    assert result.stdout.endswith(str(root / ".orchestra/tmp/run/go-build").encode() + b"\n")
    assert not (home / ".cargo" / "new").exists()


def test_no_layer_hides_what_the_run_works_in(root: Path, home: Path) -> None:
    private = root / ".orchestra" / "tmp" / "run"

    def folders(**variables: str) -> list[str]:
        found = caches_of({"HOME": str(home), **variables}, private, root, has_mounts=True).layered
        return [os.path.relpath(folder, root.parent) for folder, _, _ in found]

    assert folders() == ["home/.cache/go-build", "home/.cargo"]
    assert folders(CARGO_HOME=str(root.parent)) == ["home/.cache/go-build"]
    assert folders(CARGO_HOME=str(root / "src"), GOCACHE="off") == []


@pytest.mark.parametrize("is_there", [True, False])
def test_gradle_has_a_home_that_can_be_written_whatever_the_kernel_does(root: Path, is_there: bool) -> None:
    home, private = root.parent / "home", root / ".orchestra" / "tmp" / "run"
    if is_there:
        (home / ".gradle").mkdir(parents=True)
    moved = {"GRADLE_USER_HOME": str(private / "gradle")}
    kept = {**moved, "GRADLE_RO_DEP_CACHE": str(home / ".gradle" / "caches")} if is_there else moved
    for has_mounts in (True, False):
        found = caches_of({"HOME": str(home)}, private, root, has_mounts=has_mounts)
        layered = [variables for folder, _, variables in found.layered if folder == str(home / ".gradle")]
        assert layered == ([kept] if has_mounts and is_there else [])
        assert layered or found.variables.items() >= kept.items()


def test_folders_that_say_what_git_runs_are_found_in_nested_repositories_too(root: Path) -> None:
    (root / "sub" / ".git").mkdir(parents=True)
    (root / "tree").mkdir()
    (root / "tree" / ".git").write_text("gitdir: elsewhere")
    (root / "node_modules" / "x" / ".git").mkdir(parents=True)
    found = [os.path.relpath(path, root) for path in private_folders(str(root))]
    assert sorted(found) == [".git", ".orchestra", "sub/.git", "tree/.git"]


def test_the_machines_temp_folder_is_seen_only_where_something_of_the_suite_lies_in_it(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    assert "/tmp" not in [place for _, place in places_of(Path("/tmp"), own, has_mounts=True, needed=()).in_place]
    far = Path("/nowhere/project")
    assert "/tmp" not in [p for _, p in places_of(far, far, has_mounts=True, needed=["/tmp/venv/bin"]).in_place]
    assert "/tmp" in [p for _, p in places_of(far, far, has_mounts=True, needed=["/opt/bin"]).in_place]
    assert places_of(far, far, has_mounts=False, needed=()).in_place == ()


@pytest.mark.parametrize("machine", ["x86_64", "aarch64", "riscv64"])
@pytest.mark.parametrize("denies_truncate", [True, False])
def test_the_filter_lets_through_all_but_sockets_of_other_kinds(machine: str, denies_truncate: bool) -> None:
    audit, socket_call, truncate = seccomp._ARCHITECTURES[machine]
    lines = seccomp.program(machine, (1, 16), denies_truncate=denies_truncate)

    def is_allowed(architecture: int, number: int, argument: int = 0) -> bool:
        data = {0: number, 4: architecture, 16: argument}
        place = loaded = 0
        while True:
            code, holds, fails, operand = lines[place]
            if code == 0x20:
                loaded = data[operand]
            elif code == 0x06:
                return operand == 0x7FFF0000
            else:
                place += holds if (loaded == operand if code == 0x15 else loaded >= operand) else fails
            place += 1

    assert is_allowed(audit, 0) and is_allowed(audit, socket_call, 1) and is_allowed(audit, socket_call, 16)
    assert not is_allowed(audit, socket_call, 2) and not is_allowed(audit, socket_call, 40)
    assert is_allowed(audit, truncate) is not denies_truncate
    assert not is_allowed(audit, 425) and not is_allowed(audit, 0x40000000 + socket_call, 1)
    assert not is_allowed(audit ^ 1, 0)
