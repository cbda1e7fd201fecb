"""What a source file offers to others."""

from __future__ import annotations

import pytest

from orchestra.workspace.public_names import lost_names, public_names


@pytest.mark.parametrize("path, text, expected", [
    ("a.py", "def f():\n    def g(): pass\nasync def h(): pass\nclass A: pass\ndef _p(): pass\nMAX = 1\nx = 2\n",
     ("f", "h", "A", "MAX", "x")),
    ("c.py", "__all__ = ['listed']\nlisted = 1\nprint(listed)\nstep = 2\nprint(step)\napp: App = App()\n@app.get('/')\n"
     "def f(): pass\nread_by_others = [\n]\nannotated: int\n_own = 3\nx, y = 1, 2\nif True:\n    inner = 1\nsame == 1\n"
     "class A:\n    attribute = 4\nhelp = \"\"\"\nexample = 5\n\"\"\"\n",
     ("listed", "app", "f", "read_by_others", "A", "attribute", "help")),
    ("d.py", "try:\n    import x\n    def f(): pass\nexcept ImportError:\n    x = None\n"
     "    async def g():\n        def i(): pass\nif 1:\n    class A:\n        def j(self): pass\n"
     "if __name__ == '__main__':\n    def k(): pass\n", ("f", "g", "A")),
    ("e.py", "class A:\n    a = 1\n    b: int\n    c: int = 2\n    _d = 3\n"
     "    if a:\n        e = 4\n    else: f = 5\n    g == 6\n",
     ("A", "a", "b", "c")),
    ("b.js", "function a() {}\nmodule.exports = { a, b: c, d() {}, ...e }\n", ("a", "b", "d")),
    ("b.ts", "export { a as one, b as two, // c,\n  d, e as default }\nexport type { T } from 't'\n",
     ("one", "two", "d", "T")),
    ("b.go", "var (\n\tA = 1\n\tB, c = 2, 3\n\tsmall = 4\n)\n"
     "const (\n\tC = iota\n\tD\n)\n"
     "type (\n\tE struct {\n\t\tField int\n\t}\n)\nfunc f(\n\tG int,\n) {}\n", ("A", "B", "C", "D", "E")),
    ("b.rs", "impl S {\n    pub fn a() {\n    }\n    fn b() {}\n}\npub trait T {\n    fn c();\n"
     "    fn d() {\n        e();\n    }\n}\ntrait U {\n    fn f();\n}\n", ("a", "T", "c", "d")),
    ("I.java", "public interface I {\n    int a();\n    default int b() {\n        return c(1);\n"
     "    }\n}\nclass D {\n    int e() {\n",
     ("I", "a", "b", "D")),
    ("b.c", "int a(void) { return 1; }\nstatic int b(void) { return 1; }\nint c(void);\nchar *d(const char *s)\n{\n",
     ("a", "d")),
    ("a.lua", "function a() end\nlocal function b() end\nfunction M.c() end\nfunction M:d() end\n"
     "M.e = function() end\n", ("a", "c", "d", "e")),
    ("a.sql", "CREATE TABLE a (x int);\ncreate table if not exists s.b (\n  y int\n);\nCREATE OR REPLACE VIEW c AS\n",
     ("a", "b", "c")),
    ("a.ts", "export function f() {}\nexport default class A {}\nexport const x = 1\nexport type T = 1\n"
     "function g() {}\nexport async function h() {}\n"
     "module.exports.q = 1\nexport enum E {}\n", ("f", "A", "x", "T", "h", "q", "E")),
    ("a.go", "func Do() {}\nfunc (s *S) Run() {}\nfunc small() {}\ntype T struct {}\nconst Max = 1\n",
     ("Do", "Run", "T", "Max")),
    ("a.rs", "pub fn f() {}\npub(crate) struct S;\nfn g() {}\npub async fn h() {}\nmacro_rules! m {\n",
     ("f", "S", "h", "m")),
    ("b.py", "class A:\n    def f(self):\n        def g(): pass\n    async def h(self): pass\n    def _p(self): pass\n"
     "class _B:\n    def i(self): pass\ndef j():\n    def k(): pass\n", ("A", "f", "h", "j")),
    ("A.java", "public final class A {\ninterface B {\n    public void f() {\n"
     "    protected static <T> List<T> g(T t) {\n    private int h() {\n    return f(1);\n", ("A", "B", "f", "g")),
    ("a.kt", "fun f() {}\ndata class D(val x: Int)\nobject O {\n", ("f", "D", "O")),
    ("a.h", "#define MAX 1\nint add(int a, int b);\nstruct point {\nstatic int own(int a);\n",
     ("MAX", "add", "point")),
    ("a.c", "static int own(void) {\nint add(int a, int b) {\n", ("add",)),
    ("a.cs", "namespace N\n{\n    public class A\n    {\n        public int F(int x) => x;\n        int g() {\n",
     ("A", "F")),
    ("a.rb", "class A\n  def f\nmodule M\ndef g\n", ("A", "f", "M", "g")),
    ("b.rb", "class A\n  def f\n  end\n  private\n  def g\n  end\nend\nclass B\n  def h\n", ("A", "f", "B", "h")),
    ("a.php", "final class A {\nfunction f() {\n", ("A", "f")),
    ("a.sh", "function f {\ng() {\n", ("f", "g")),
    ("a.txt", "def f():\n", ()),
])
def test_finds_the_names_of_a_language(path: str, text: str, expected: tuple[str, ...]) -> None:
    assert set(public_names(path, text)) == set(expected)


@pytest.mark.parametrize("new", [
    "from b import f\n", "from b import (\n    f,\n)\n", "f = partial(g)\n", "import b as f\n",
    "if True:\n    def f(): pass\n", "f: Callable = g\n",
])
def test_a_name_that_is_still_bound_is_not_lost(new: str) -> None:
    assert lost_names("a.py", "def f(): pass\n", new) == ()


@pytest.mark.parametrize("new", [
    "def main():\n    paths = []\n", "paths, rest = f()\n", "(a, *paths) = f()\n", "for paths in f(): pass\n",
    "from .b import paths\n", "with f() as paths: pass\n",
])
def test_a_variable_that_is_still_set_is_not_lost(new: str) -> None:
    assert lost_names("a.py", "paths = [1]\n", new) == ()


@pytest.mark.parametrize("new", ["", "f(paths=1)\n", "g(1, paths == 2)\n", "f(1, paths)\n"])
def test_a_variable_for_others_that_is_set_nowhere_is_lost(new: str) -> None:
    assert lost_names("a.py", "paths = [1]\n", new) == ("paths",)


@pytest.mark.parametrize("new", ["", "f()\n", "x = f(1)\n", "# f was here\n", "def ff(): pass\n"])
def test_a_name_that_is_only_spoken_of_is_lost(new: str) -> None:
    assert lost_names("a.py", "def f(): pass\n", new) == ("f",)


def test_a_name_that_is_exported_from_elsewhere_is_not_lost() -> None:
    assert lost_names("a.ts", "export function f() {}\n", 'export { f } from "./f";\n') == ()
    assert lost_names("a.ts", "export function f() {}\n", 'export * from "./f";\n') == ()
    assert lost_names("a.ts", "export function f() {}\n", "export default f;\n") == ()
    assert lost_names("a.ts", "export function f() {}\n", "f();\n") == ("f",)


def test_a_name_that_is_not_exported_any_more_is_lost() -> None:
    assert lost_names("a.ts", "export function f() {}\n", "function f() {}\n") == ("f",)
    listed = "function f() {}\nmodule.exports = { %sg }\n"
    assert lost_names("a.js", listed % "f, ", listed % "") == ("f",)
    assert lost_names("a.js", "exports.f = f\n", "module.exports = {\n  f,\n}\n") == ()


def test_an_attribute_that_is_set_elsewhere_is_not_lost() -> None:
    assert lost_names("a.py", "class A:\n    b = 1\n", "class A:\n    def __init__(self):\n        self.b = 1\n") == ()
    assert lost_names("a.py", "class A:\n    b = 1\n", "class A:\n    pass\n") == ("b",)


def test_a_script_without_a_suffix_offers_names_in_the_language_of_its_first_line() -> None:
    python, shell = "#!/usr/bin/env python3\ndef roll_out(): pass\n", "#!/bin/sh\nroll_in() {\n}\n"
    assert public_names("bin/deploy", python) == ("roll_out",)
    assert lost_names("bin/deploy", python, "#!/usr/bin/env python3\n") == ("roll_out",)
    assert lost_names("bin/deploy", python, shell) == ()
