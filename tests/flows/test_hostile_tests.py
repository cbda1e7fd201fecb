"""A test suite that a model wrote with bad intentions, and a good one that wants much."""

from __future__ import annotations

import os
import socket

import pytest

from orchestra.clock import CancelToken, SystemClock
from orchestra.workspace.sandbox.sandbox import Sandbox
from tests.flows.project import Project, Ran
from tests.flows.team import fixes, plan_of, planned, team, whole
from tests.strays import strays

EVIL = '''
import os, signal, socket, sys
import unittest

OUTSIDE, HOME, PORT, PID = %(outside)r, %(home)r, %(port)d, %(pid)d
DONE = []


def tried(name, act):
    """What could be done is written down in the tree, which is allowed."""
    try:
        act()
    except Exception:
        return
    with open("done.txt", "a") as file:
        file.write(name + "\\n")


def put(path):
    with open(path, "w") as file:
        file.write("evil")


def call(kind):
    with socket.socket(socket.AF_INET, kind) as caller:
        caller.settimeout(5)
        caller.connect(("127.0.0.1", PORT))
        caller.send(b"evil")


def through_a_link():
    os.symlink(OUTSIDE, "link")
    put("link/evil")


def stay():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execvp("sleep", ["sleep", "600"])
        os._exit(0)
    os.wait()


class Evil(unittest.TestCase):
    def test_everything(self):
        tried("home", lambda: put(os.path.join(HOME, ".bashrc")))
        tried("outside", lambda: put(os.path.join(OUTSIDE, "evil")))
        tried("link", through_a_link)
        tried("kept", lambda: put(os.path.join(OUTSIDE, "kept")))
        tried("mode", lambda: os.chmod(os.path.join(OUTSIDE, "kept"), 0o777))
        tried("hook", lambda: put(".git/hooks/pre-commit"))
        tried("config", lambda: put(".git/config"))
        tried("state", lambda: put(".orchestra/state.db"))
        tried("moved", lambda: os.rename(".orchestra", "elsewhere"))
        tried("tcp", lambda: call(socket.SOCK_STREAM))
        tried("raw", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
        tried("kill", lambda: os.kill(PID, 0))
        tried("key", lambda: os.environ["SCRIPTED_API_KEY"])
        call_by_datagram = lambda: call(socket.SOCK_DGRAM)
        try:
            call_by_datagram()
        except OSError:
            pass
        stay()
        sys.stdout.write("x" * 100_000_000)
        sys.stdout.flush()
        tried("parent", lambda: os.kill(os.getppid(), signal.SIGKILL) if os.getppid() > 1 else os.kill(0, None))
'''
GOOD = '''
import http.server, os, tempfile, threading, urllib.request
import unittest


class Good(unittest.TestCase):
    def test_writes_at_the_root_and_in_the_temp_folder(self):
        with open("report.txt", "w") as file:
            file.write("all is well")
        os.makedirs("build/deep", exist_ok=True)
        os.replace("report.txt", "build/deep/report.txt")
        with tempfile.TemporaryDirectory() as folder, open(folder + "/x", "w") as file:
            file.write("x")

    def test_talks_to_its_own_server(self):
        server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = "http://127.0.0.1:%%d/" %% server.server_port
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.assertEqual(opener.open(url).status, 200)
        server.shutdown()
'''


@pytest.fixture
def enforced(project: Project) -> frozenset[str]:
    """What the kernel of this machine can enforce for the project."""
    sandbox = Sandbox.none().strengthened(
        project.root, variables=project.variables, cancel=CancelToken(), clock=SystemClock()
    )
    return frozenset(sandbox.layers.enforced)


def need(enforced: frozenset[str], *words: str) -> None:
    lacking = sorted(set(words) - enforced)
    if lacking:
        pytest.skip("this kernel does not enforce: %s" % ", ".join(lacking))


def run(project: Project, tests: str, *flags: str, sandbox: str = "auto", timeout: int = 120) -> Ran:
    script = team(plan_of(planned("test_new.py")), {"test_new.py": whole(tests)}, blames=fixes())
    settings = {"tests": {"sandbox": sandbox, "timeout": timeout}}
    return project.run("run", "task", "--yes", *flags, "--json", script=script, settings=settings)


def test_an_evil_suite_does_nothing_but_run(project: Project, enforced: frozenset[str]) -> None:
    need(enforced, "writes", "modes", "git", "network", "loopback", "processes")
    outside = project.folder / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    before = {path: path.stat().st_mode for path in outside.iterdir()}
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        port = server.getsockname()[1]
        datagrams.bind(("127.0.0.1", port))
        evil = EVIL % {
            "outside": str(outside), "home": str(project.folder / "home"), "port": port, "pid": os.getpid()
        }
        ran = run(project, evil, "--commit")
        for reached in (server, datagrams):
            reached.setblocking(False)
            with pytest.raises(BlockingIOError):
                reached.recv(1) if reached is datagrams else reached.accept()

    assert not project.has("done.txt"), project.read("done.txt")
    assert (ran.status, ran.json["tests"]["passed"]) == (0, True)
    assert set(enforced) == set(ran.json["tests"]["sandbox"])
    assert os.listdir(project.folder / "home") == [] and (outside / "kept").read_text() == "kept"
    assert {path: path.stat().st_mode for path in outside.iterdir()} == before
    assert ran.json["commit"]["sha"] == project.head()
    assert not strays(project.root)
    (event,) = project.rows("SELECT data FROM events WHERE name = 'tests.sandbox'")
    assert '"writes"' in event["data"]
    assert ran.err.count("enforced for the tests: writes") == 1


def test_a_suite_that_never_ends_is_ended_with_all_it_started(project: Project) -> None:
    sleeping = "import os, time\nimport unittest\n\nclass T(unittest.TestCase):\n    def test_x(self):\n" \
        "        if os.fork() == 0:\n            os.setsid()\n        time.sleep(600)\n"
    ran = run(project, sleeping, timeout=1)

    assert (ran.status, ran.json["tests"]["exit_status"]) == (8, None)
    assert "the tests ran out of time after 1 s" in ran.json["error"]["message"]
    assert "tests.timeout" in ran.json["error"]["hint"]
    assert "ran out of time" in str(project.rows("SELECT content FROM facts WHERE name = 'tests/after/0.1'"))
    if os.path.isdir("/proc/self"):
        assert not strays(project.root)


def test_a_good_suite_may_write_at_the_root_and_use_loopback(project: Project, enforced: frozenset[str]) -> None:
    need(enforced, "writes", "loopback")
    ran = run(project, GOOD.replace("%%", "%"))

    assert (ran.status, ran.json["tests"]["passed"]) == (0, True), ran.err
    assert project.read("build/deep/report.txt") == "all is well"
    assert not list((project.state / "tmp").iterdir())


def test_without_a_sandbox_that_is_said(project: Project) -> None:
    ran = run(project, GOOD.replace("%%", "%"), sandbox="off")

    assert (ran.status, ran.json["tests"]["sandbox"]) == (0, [])
    assert "sandbox" in ran.err and "as tests.sandbox says" in ran.err


CHANGES = "import os\nimport unittest\n\nclass T(unittest.TestCase):\n    def test_x(self):\n        %s\n"


@pytest.mark.parametrize("change, place", [
    ("open('.git/hooks/pre-commit', 'w').write('touch hooked')", ".git/hooks/pre-commit"),
    ("open('.git/config', 'a').write('# evil')", ".git/config"),
    ("open('test_new.py', 'a').write('# more')", "test_new.py"),
    ("os.chmod('test_new.py', 0o777)", "test_new.py"),
])
def test_what_tests_must_leave_alone_ends_with_5_and_no_commit(project: Project, change: str, place: str) -> None:
    head = project.head()
    ran = run(project, CHANGES % change, "--commit", sandbox="off")

    assert (ran.status, ran.json["error"]["code"], ran.json["commit"]) == (5, "changed-by-tests", None)
    assert place in ran.json["error"]["message"]
    assert (ran.json["tests"]["framework"], ran.json["tests"]["exit_status"]) == ("unittest", 0)
    assert project.head() == head and not project.has("hooked")
    again = project.run("resume", "--yes", "--json", script=team())
    assert (again.status, again.json["error"]["code"]) == (5, "changed-by-tests"), "until it is put back"
    assert project.head() == head


SCRIPT = "#!/bin/sh\ntouch %s/pwned\ncat\n"
PWN = "root = os.getcwd(); open(%r, 'w').write(%r.replace('ROOT', root)); os.path.exists('hk') or os.mkdir('hk'); " \
    "open('hk/pre-commit', 'w').write('#!/bin/sh\\ntouch %%s/pwned\\n' %% root); os.chmod('hk/pre-commit', 0o755)"
HOOKS = "[core]\n\thooksPath = ROOT/hk\n"
CAT = "#!/bin/sh\ncat\n"


@pytest.mark.parametrize("settings, files, changed, content", [
    ([("include.path", "../team.cfg")], {}, "team.cfg", HOOKS),
    ([("includeIf.gitdir:**.path", "../team.cfg")], {}, "team.cfg", HOOKS),
    ([("core.hooksPath", "hk")], {}, "other", ""),
    ([("filter.f.clean", "./clean.sh")], {"clean.sh": CAT, ".gitattributes": "* filter=f\n"}, "clean.sh",
     SCRIPT % "ROOT"),
    ([("filter.f.clean", "tee pwned")], {}, ".gitattributes", "* filter=f\n"),
    ([("core.fsmonitor", "./fs.sh")], {"fs.sh": "#!/bin/sh\nexit 1\n"}, "fs.sh", SCRIPT % "ROOT"),
    ([("gpg.program", "./sign.sh"), ("commit.gpgSign", "true")], {"sign.sh": CAT}, "sign.sh", SCRIPT % "ROOT"),
])
def test_no_code_of_the_tests_runs_with_the_commit(
    project: Project, settings: list[tuple[str, str]], files: dict[str, str], changed: str, content: str
) -> None:
    for path, text in files.items():
        project.write(path, text)
        (project.root / path).chmod(0o755)
    for key, value in settings:
        project.git("config", key, value)
    head = project.head()
    ran = run(project, CHANGES % (PWN % (changed, content)), "--commit")

    assert (ran.status, ran.json["error"]["code"], ran.json["commit"]) == (5, "changed-by-tests", None)
    assert project.head() == head and not project.has("pwned")


def with_hook(project: Project) -> None:
    project.commit("tools/check.sh", "true\n")
    project.write(".git/hooks/pre-commit", "#!/bin/sh\nset -e\nsh tools/check.sh\n")
    (project.root / ".git/hooks/pre-commit").chmod(0o755)


def test_a_script_that_a_hook_of_the_users_calls_may_not_be_changed_by_tests(project: Project) -> None:
    with_hook(project)
    head = project.head()
    ran = run(project, CHANGES % "open('tools/check.sh', 'a').write('touch pwned')", "--commit")

    assert (ran.status, ran.json["error"]["code"], ran.json["commit"]) == (5, "changed-by-tests", None)
    assert "tools/check.sh" in ran.json["error"]["message"]
    assert project.head() == head and not project.has("pwned")


def test_a_script_that_a_hook_calls_may_be_changed_by_an_approved_plan(project: Project) -> None:
    with_hook(project)
    drafts = {"tools/check.sh": whole("touch checked\n")}
    script = team(plan_of(planned("tools/check.sh", "modify")), drafts)
    ran = project.run("run", "check more", "--yes", "--commit", "--test-command", "true", "--json", script=script)

    assert (ran.status, ran.json["commit"]["sha"]) == (0, project.head())
    assert project.has("checked")


def test_a_configuration_of_the_users_own_may_not_take_in_what_tests_wrote(project: Project) -> None:
    home = project.folder / "home"
    (home / ".gitconfig").write_text("[include]\n\tpath = %s/team.cfg\n" % project.root)
    ran = run(project, CHANGES % (PWN % ("team.cfg", HOOKS)), "--commit")

    assert (ran.status, ran.json["error"]["code"], project.has("pwned")) == (5, "changed-by-tests", False)


def test_filters_that_tests_leave_alone_run_with_the_commit(project: Project) -> None:
    project.write("clean.sh", "#!/bin/sh\nsed s/unittest/unittest/\n")
    (project.root / "clean.sh").chmod(0o755)
    project.git("config", "filter.f.clean", "./clean.sh")
    project.write(".gitattributes", "*.py filter=f\n")
    ran = run(project, CHANGES % "os.mkdir('data'); open('data/.gitattributes', 'w').write('* text')", "--commit")

    assert (ran.status, ran.json["commit"]["sha"]) == (0, project.head())


def test_a_commit_is_made_when_what_tests_changed_was_put_back(project: Project) -> None:
    ran = run(project, CHANGES % "os.path.exists('put') or open('.git/hooks/pre-commit', 'w').write('x')", "--commit",
              sandbox="off")
    assert ran.status == 5
    (project.root / ".git/hooks/pre-commit").unlink()
    project.write("put", "")
    again = project.run("resume", "--yes", "--json", script=team())

    assert (again.status, again.json["commit"]["sha"]) == (0, project.head())
