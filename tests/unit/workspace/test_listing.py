"""The files of a repository and who may see them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from orchestra.workspace.git import Git
from orchestra.workspace.listing import ListedFile, ignored_paths, is_secret, list_files, may_be_shown


def put(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("x")


def variables(root: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(root.parent / "nowhere"), "GIT_CONFIG_NOSYSTEM": "1"}


def init(root: Path) -> Git:
    subprocess.run(["git", "init", "-q"], cwd=root, env=variables(root), check=True)
    git = Git.find(root, variables(root))
    assert git is not None
    return git


def paths_of(files: tuple[ListedFile, ...]) -> list[str]:
    return [file.path for file in files]


def test_lists_a_folder_without_git(tmp_path: Path) -> None:
    put(tmp_path, "b.py", "src/a.py", ".github/x.yml", "node_modules/m/i.js", "a/__pycache__/a.pyc", ".venv/bin/x")
    put(tmp_path, "venv/x", ".orchestra/plan.md", ".git/config", "vendor/lib/.git/config", "vendor/lib/a.c")
    put(tmp_path, "new\nline", "vendor/own.c", ".tox/py/x.py", ".nox/a/x.py", "env311/pyvenv.cfg", "env311/lib/x.py")
    (tmp_path / "link").symlink_to("b.py")
    (tmp_path / "linked").symlink_to("src")
    files = list_files(tmp_path, None)
    assert paths_of(files) == [".github/x.yml", "b.py", "src/a.py", "vendor/own.c"]
    assert files[1] == ListedFile("b.py", 1)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_lists_what_git_knows_or_would_add(tmp_path: Path) -> None:
    git = init(tmp_path)
    put(tmp_path, "tracked.py", "gone.py", "untracked \u00fc.py", "out.log", "nested/a.py", ".orchestra/plan.md")
    (tmp_path / ".gitignore").write_text("*.log\n")
    init(tmp_path / "nested")
    subprocess.run(["git", "add", "tracked.py", "gone.py"], cwd=tmp_path, env=variables(tmp_path), check=True)
    (tmp_path / "gone.py").unlink()
    (tmp_path / "link.py").symlink_to("tracked.py")
    assert paths_of(list_files(tmp_path, git)) == [".gitignore", "tracked.py", "untracked \u00fc.py"]


@pytest.mark.parametrize("in_git", [True, False])
def test_of_named_paths_those_are_listed_that_would_be_without_naming_them(tmp_path: Path, in_git: bool) -> None:
    put(tmp_path, "a.py", "b.py", "d/[x].py", "d/x.py", "out.log", ".orchestra/plan.md", "node_modules/m.js", "n/a.py")
    (tmp_path / ".gitignore").write_text("*.log\nnode_modules\n")
    (tmp_path / "link.py").symlink_to("a.py")
    init(tmp_path / "n")
    git = init(tmp_path) if in_git else None
    everything = paths_of(list_files(tmp_path, git))
    named = ["b.py", "d/[x].py", "d", "gone.py", "out.log", "node_modules/m.js", "n/a.py", "link.py"]
    assert paths_of(list_files(tmp_path, git, only=named)) == sorted(set(named) & set(everything))
    assert {"b.py", "d/[x].py"} <= set(named) & set(everything)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize("in_git", [True, False])
def test_what_orchestraignore_names_is_not_listed(tmp_path: Path, in_git: bool) -> None:
    git = init(tmp_path) if in_git else None
    put(tmp_path, "a.py", "data/big.csv", "data/kept.csv", "notes.private", "deep/notes.private")
    (tmp_path / ".orchestraignore").write_text("data/*\n!kept.csv\n*.private\n")
    assert paths_of(list_files(tmp_path, git)) == [".orchestraignore", "a.py", "data/kept.csv"]


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize("in_git", [True, False])
def test_an_orchestraignore_in_a_folder_holds_for_that_folder(tmp_path: Path, in_git: bool) -> None:
    git = init(tmp_path) if in_git else None
    put(tmp_path, "made/a.py", "web/made/a.py", "web/a.csv", "web/deep/a.csv", "web/deep/kept.csv", "api/a.csv")
    (tmp_path / "web/.orchestraignore").write_text("/made/\n*.csv\n")
    (tmp_path / "web/deep/.orchestraignore").write_text("!kept.csv\n")
    expected = ["api/a.csv", "made/a.py", "web/deep/kept.csv"]
    assert [path for path in paths_of(list_files(tmp_path, git)) if ".orch" not in path] == expected
    assert paths_of(list_files(tmp_path, git, only=["web/made/a.py", "web/deep/kept.csv"])) == ["web/deep/kept.csv"]
    assert ignored_paths(tmp_path, git, ["web/a.csv", "api/a.csv", "web/deep/new.csv"]) == {
        "web/a.csv", "web/deep/new.csv"
    }


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_git_and_orchestraignore_leave_out_together(tmp_path: Path) -> None:
    git = init(tmp_path)
    put(tmp_path, "tracked.log")
    subprocess.run(["git", "add", "tracked.log"], cwd=tmp_path, env=variables(tmp_path), check=True)
    (tmp_path / ".gitignore").write_text("*.log\n")
    (tmp_path / ".orchestraignore").write_text("*.private\n")
    asked = ["a.py", "x.log", "x.private", "tracked.log"]
    assert ignored_paths(tmp_path, git, asked) == {"x.log", "x.private"}
    assert ignored_paths(tmp_path, None, asked) == {"x.private"}
    assert ignored_paths(tmp_path, git, []) == frozenset()


def test_a_name_that_is_not_text_is_left_out(tmp_path: Path) -> None:
    put(tmp_path, "a.py")
    try:
        with open(os.fsencode(tmp_path) + b"/\xff.py", "wb"):
            pass
    except OSError:
        pytest.skip("this file system takes only text for names")
    assert paths_of(list_files(tmp_path, None)) == ["a.py"]


@pytest.mark.parametrize(
    "path",
    [
        ".env", "app/.env.production", ".env.local", "prod.env", ".envrc", "server.pem", "tls/private.KEY", "id_rsa",
        "deploy/id_ed25519", "ppp/chap-secrets", "sasl_passwd", ".msmtprc", "logins.json",
        ".netrc", ".npmrc", ".pypirc", "credentials.json", "aws-credentials.ini", "credentials",
        "config/secrets.yml", ".aws/config", ".ssh/config", ".git-credentials", "service-account-prod.json",
        "terraform.tfstate", "prod.tfvars", "key.p12", ".docker/config.json", "client_secret.json", ".env_production",
        "deploy/kubeconfig.yaml", "prod.kubeconfig", "upload.keystore", "AuthKey_1.p8", "krb5.keytab", "vpn.ovpn",
        ".s3cfg", "terraform.tfstate.1.backup", "x.tfvars.json", "auth.json", "local.settings.json",
        ".vault-token", "htpasswd",
        ".SSH/config", ".Docker/Config.json", ".AWS/x", ".env~", "id_rsa~",
        ".env.py", "app/.Env.Js", "kubeconfig.py", "KubeConfig.md", "a.tfstate.html", ".ssh/notes.md", "a/.Kube/x.go",
    ],
)
def test_knows_files_that_hold_secrets(path: str) -> None:
    assert is_secret(path)


@pytest.mark.parametrize(
    "path",
    [
        ".env.example", ".env.sample", ".env.template", "src/environment.py", "keys.py", "secrets.py", "id_rsa.pub",
        "credentials.py", "docs/secrets.md", "auth.py",
        "kubeconfig_reader.py", "tokenizer.json", "package.json", "src/key.ts", ".docker/nginx.conf",
    ],
)
def test_does_not_take_sources_for_secrets(path: str) -> None:
    assert not is_secret(path)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_neither_secret_nor_ignored_files_may_be_shown(tmp_path: Path) -> None:
    git = init(tmp_path)
    (tmp_path / ".gitignore").write_text("*.log\n")
    assert may_be_shown(["a.py", ".env", "x.log"], git) == ("a.py",)
    assert may_be_shown(["a.py", ".env", "x.log"], None) == ("a.py", "x.log")
