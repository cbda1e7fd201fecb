"""Which files a task is about, in which order they are drawn, and which are shown in full."""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

import pytest

from orchestra.workspace.repo_map.choice import GIVEN, MOST_CHOSEN, choose
from orchestra.workspace.repo_map.drawing import MOST_LINES, draw_map
from orchestra.workspace.repo_map.index import RepoIndex
from orchestra.workspace.repo_map.links import Links
from orchestra.workspace.repo_map.mapping import Mapper, NoCache
from orchestra.workspace.repo_map.places import Places
from orchestra.workspace.repo_map.project_files import project_files
from orchestra.workspace.repo_map.relevance import ranked, relevance
from tests.unit.workspace.repo_map.trees import SHOP, write


@pytest.fixture
def index(tmp_path: Path) -> RepoIndex:
    return Mapper(tmp_path, NoCache()).index(write(tmp_path, SHOP))


def chosen(index: RepoIndex, text: str, given: Sequence[str] = ()) -> dict[str, str]:
    return {it.path: it.why for it in choose(index, relevance(index, Places(SHOP), text, given), given)}


@pytest.mark.parametrize("text, path", [
    ("Mend shop/stock.py.", "shop/stock.py"),
    ("In `stock.py`, mend it", "shop/stock.py"),
    ("shop.stock.Stock.take_item fails", "shop/stock.py"),
    ("mend shop.stock", "shop/stock.py"),
    ("./web/cart.ts is wrong", "web/cart.ts"),
    ("修复pyproject.toml", "pyproject.toml"),
    ("raise the version in pyproject.toml", "pyproject.toml"),
])
def test_a_file_may_be_named_in_several_ways(index: RepoIndex, text: str, path: str) -> None:
    if text.startswith("修"):
        text = text.replace("修复", "修复 ")
    assert chosen(index, text)[path] == "the task names it"


def test_neighbours_come_with_a_named_file(index: RepoIndex) -> None:
    assert chosen(index, "Mend shop/stock.py") == {
        "shop/stock.py": "the task names it",
        "shop/items.py": "is imported by shop/stock.py",
        "shop/invoice.py": "imports shop/stock.py",
        "tests/test_stock.py": "tests shop/stock.py",
    }
    assert chosen(index, "Mend web/cart.spec.ts")["web/cart.ts"] == "is tested by web/cart.spec.ts"


def test_a_name_of_code_brings_who_declares_and_who_uses_it(index: RepoIndex) -> None:
    found = chosen(index, "Give parse_item a default")
    assert found["shop/items.py"] == "declares parse_item, which the task names"
    assert found["shop/invoice.py"] == "uses parse_item, which the task names"
    assert list(found)[0] == "shop/items.py"
    assert chosen(index, "Rename `Cart`")["web/cart.ts"] == "declares Cart, which the task names"


@pytest.mark.parametrize("text", ["raise when the stock is out: take item", "Take items", "mend take-item"])
def test_two_words_bring_who_declares_them_as_one_name(index: RepoIndex, text: str) -> None:
    assert chosen(index, text)["shop/stock.py"] == "declares take_item, which the task names"
    assert "declares" not in chosen(index, "take. item")["shop/stock.py"]


def test_what_stands_behind_a_type_is_a_name(tmp_path: Path) -> None:
    files = {"a.rs": "impl A {\n    pub fn parse(s: &str) {}\n}\n", "b.rs": "fn other() {}\n"}
    index = Mapper(tmp_path, NoCache()).index(write(tmp_path, files))
    found = choose(index, relevance(index, Places(files), "Req::parse takes a comma"), ())
    assert [(it.path, it.why) for it in found] == [("a.rs", "declares parse, which the task names")]


def test_a_type_with_its_member_names_both(tmp_path: Path) -> None:
    files = {
        "store.py": "class Store:\n    def put(self): pass\n", "other.py": "def json(): pass\n",
        "use.py": "from store import Store\n\nStore().put()\n", "f.py": "y = 1\n",
    }
    index = Mapper(tmp_path, NoCache()).index(write(tmp_path, files))
    assert {it.path: it.why for it in choose(index, relevance(index, Places(files), "Store.put loses data"), ())} == {
        "store.py": "declares Store, which the task names", "use.py": "uses Store, which the task names",
    }
    for text in ("Package.json is old", "See Example.com/put", "store.put loses data", "Ends so.put it there"):
        assert relevance(index, Places(files), text).names == frozenset()


@pytest.mark.parametrize("text", [
    "make `Scanner.consume()` return 2", "Scanner.consume() must return 2", "let self.consume() return 2",
])
def test_a_method_named_with_its_class_is_a_name(tmp_path: Path, text: str) -> None:
    files = {"a.py": "class Scanner:\n    def consume(self):\n        return 1\n", "b.py": "def other(): pass\n"}
    index = Mapper(tmp_path, NoCache()).index(write(tmp_path, files))
    found = choose(index, relevance(index, Places(files), text, ()), ())
    assert [(it.path, it.why.split()[:1]) for it in found] == [("a.py", ["declares"])]
    assert "consume" in relevance(index, Places(files), text).names


def test_words_of_the_task_bring_files_whose_names_have_them(index: RepoIndex) -> None:
    found = chosen(index, "Round the total of each invoice upwards")
    assert found["shop/invoice.py"] == "the map ranks it high for the task's words: invoice, round, total"


def test_a_topic_that_a_folder_is_named_after_brings_its_files(tmp_path: Path) -> None:
    files = {f"codec-{topic}/src/{name}.py": f"def of_{topic}_{name}(): pass\n"
             for topic in ("redis", "mqtt", "stomp", "smtp") for name in ("reader", "writer", "frame", "limits")}
    files |= {f"core/protocol_{n}.py": f"def protocol_of_{n}(): pass\n" for n in range(8)}
    index = Mapper(tmp_path, NoCache()).index(write(tmp_path, files))
    found = relevance(index, Places(files), "add a codec for the RESP3 protocol to redis")
    assert all("redis" in index.paths[number] for number in ranked(index, found)[:4])
    assert {it.path for it in choose(index, found, ())} == {path for path in files if "redis" in path}


@pytest.mark.parametrize(("word", "name"), [
    ("decoding", "decoder"), ("processor", "processes"), ("caches", "caching"), ("running", "runner"),
    ("parse", "parser"),
])
def test_a_word_is_found_in_its_other_forms(tmp_path: Path, word: str, name: str) -> None:
    files = {f"{name}.py": "x = 1\n", **{f"f{n}.py": "y = 1\n" for n in range(20)}}
    index = Mapper(tmp_path, NoCache()).index(write(tmp_path, files))
    assert [it.path for it in choose(index, relevance(index, Places(files), f"{word} is slow"), ())] == [f"{name}.py"]


@pytest.mark.parametrize("text", ["http2: refuse what is too long", "in net-http2 a limit is missing", "mend HTTP2"])
def test_a_folders_name_with_digits_or_hyphens_is_known_as_a_whole(tmp_path: Path, text: str) -> None:
    files = {f"net-{part}/{part}/limits.py": "x = 1\n" for part in ("http", "http1", "http2", "http3")}
    files |= {f"f{n}.py": "y = 1\n" for n in range(9)}
    index = Mapper(tmp_path, NoCache()).index(write(tmp_path, files))
    assert choose(index, relevance(index, Places(files), text), ())[0].path == "net-http2/http2/limits.py"


def test_who_stands_in_a_folder_means_its_files(tmp_path: Path) -> None:
    files = {f"p{n}/{name}.py": f"def {name}_{n}(): pass\n" for n in range(6) for name in ("builder", "request", "x")}
    index = Mapper(tmp_path, NoCache()).index(write(tmp_path, files))
    found = relevance(index, Places(files), "add a builder for the request", (), "p4")
    assert [it.path for it in choose(index, found, ())][:2] == ["p4/builder.py", "p4/request.py"]
    assert index.paths[ranked(index, relevance(index, Places(files), "be faster", (), "p4"))[0]].startswith("p4/")


def test_a_type_is_meant_by_its_name_within_a_sentence(tmp_path: Path) -> None:
    texts = ("class Client:\n    pass\n", "def after(): pass\n", "def test_after(): pass\n")
    files = dict(zip(("a.py", "b.py", "test_b.py"), texts))
    index = Mapper(tmp_path, NoCache()).index(write(tmp_path, files))
    for text in ("Der Client soll nach einem Fehler warten", "给 Client 增加一个选项", "let the Client wait after it"):
        found = relevance(index, Places(files), text)
        assert {it.path: it.why for it in choose(index, found, ())} == {"a.py": "declares Client, which the task names"}
    assert not relevance(index, Places(files), "Client is what waits after it").reasons


def test_a_word_that_one_file_alone_has_brings_it_in_a_small_repository_too(tmp_path: Path) -> None:
    files = {f"lib/part{number}.js": f"function f{number}() {{\n}}\n" for number in range(9)}
    files["lib/response.js"] = "res.redirect = function redirect(url) {\n}\n"
    index = Mapper(tmp_path, NoCache()).index(write(tmp_path, files))
    found = choose(index, relevance(index, Places(files), "Fix the bug in redirect"), ())
    assert [it.path for it in found] == ["lib/response.js"]


def test_a_word_that_is_a_files_whole_name_weighs_more_than_several_that_many_have(tmp_path: Path) -> None:
    files = {f"p{n}/limits_{n}.py": f"def limit_of_symbol_{n}(integer_raised): pass\n" for n in range(12)}
    files |= {"series/gruntz.py": "def rewrite(): pass\n", "series/tests/test_gruntz.py": "x = 1\n"}
    index = Mapper(tmp_path, NoCache()).index(write(tmp_path, files))
    found = choose(index, relevance(index, Places(files), "the limit of an integer symbol is raised in gruntz"), ())
    assert [it.path for it in found][:2] == ["series/gruntz.py", "series/tests/test_gruntz.py"]


def test_what_everything_imports_or_uses_is_next_to_nothing(tmp_path: Path) -> None:
    files = {f"user_{n}.py": f"from core import run_it\n\nrun_it({n})\n" for n in range(40)}
    files |= {"core.py": "import near\n\ndef run_it(n): pass\n", "near.py": "x = 1\n"}
    index = Mapper(tmp_path, NoCache()).index(write(tmp_path, files))
    assert {it.path: it.why for it in choose(index, relevance(index, Places(files), "run_it is slow"), ())} == {
        "core.py": "declares run_it, which the task names", "near.py": "is imported by core.py",
    }
    told = choose(index, relevance(index, Places(files), "mend near.py and user_3.py"), ())
    assert [it.path for it in told] == ["near.py", "user_3.py", "core.py"]
    assert told[2].why == "imports near.py", "it is a reason there, where few do, and none for the user's import"


def test_what_fits_the_words_better_comes_before_what_is_only_next_to_a_named_file(tmp_path: Path) -> None:
    files = {f"user_{n}.py": "import query\n" for n in range(9)}
    files |= {"query.py": "def insert_all(): pass\n", "bulk/columns.py": "def custom_bulk_column(): pass\n"}
    index = Mapper(tmp_path, NoCache()).index(write(tmp_path, files))
    found = choose(index, relevance(index, Places(files), "insert_all takes no custom columns in bulk"), ())
    assert [it.path for it in found][:3] == ["query.py", "bulk/columns.py", "user_0.py"]


def test_a_file_in_a_folder_of_tests_comes_after_what_is_tested(tmp_path: Path) -> None:
    files = {"tests/search/admin.py": "def quoted(): pass\n", "search/admin.py": "def quoted(): pass\n"}
    files |= {f"f{n}.py": "y = 1\n" for n in range(9)}
    index = Mapper(tmp_path, NoCache()).index(write(tmp_path, files))
    found = choose(index, relevance(index, Places(files), "the search drops what is quoted"), ())
    assert {it.path for it in found} == set(files) - {f"f{n}.py" for n in range(9)}
    words = relevance(index, Places(files), "the search drops what is quoted")
    assert words.points[index.numbers["tests/search/admin.py"]] == words.points[index.numbers["search/admin.py"]]


def test_a_part_of_a_dotted_name_is_no_name_by_itself(tmp_path: Path) -> None:
    files = {"a.ts": "export function request() {}\n", "b.ts": "export const routeOptions = {}\n"}
    index = Mapper(tmp_path, NoCache()).index(write(tmp_path, files))
    assert relevance(index, Places(files), "mend `request.routeOptions`").names == {"routeOptions"}
    assert relevance(index, Places(files), "mend `request`").names == {"request"}


@pytest.mark.parametrize(("text", "paths"), [
    ("Upgrade requests", ["pyproject.toml"]), ("update junit to 5.10", ["pyproject.toml"]),
    ("add 3.13 to the classifiers and the CI", ["pyproject.toml", ".github/workflows/a.yml"]),
    ("the build needs C++17", ["CMakeLists.txt"]), ("a smaller Docker image", ["Dockerfile"]),
    ("write an entry in the change log", ["CHANGES.md"]), ("mend the reader", []),
])
def test_files_about_the_project_come_where_the_task_speaks_of_what_they_are_for(text: str, paths: list[str]) -> None:
    tree = ["pyproject.toml", "sub/pyproject.toml", ".github/workflows/a.yml", "CMakeLists.txt", "Dockerfile",
            "CHANGES.md", "src/a.py"]
    assert [path for path, _ in project_files(tree, text)] == paths


def test_of_many_files_for_one_thing_none_is_meant() -> None:
    assert list(project_files([f"p{n}/pom.xml" for n in range(9)], "raise the version")) == []
    assert list(project_files(["pom.xml", *(f"p{n}/pom.xml" for n in range(9))], "raise the version")) == [
        ("pom.xml", "versions and dependencies")
    ]


def test_a_task_that_fits_nothing_shows_nothing(index: RepoIndex) -> None:
    assert chosen(index, "task") == {}
    assert chosen(index, "") == {}


def test_given_files_come_first_and_all_of_them(index: RepoIndex) -> None:
    found = chosen(index, "Mend shop/stock.py", ["README.md", "shop/items.py"])
    assert list(found)[:3] == ["README.md", "shop/items.py", "shop/stock.py"]
    assert found["README.md"] == GIVEN
    many = [f"f{number}" for number in range(MOST_CHOSEN + 5)]
    assert list(chosen(index, "Mend shop/stock.py", many)) == [*many, "shop/stock.py"]


def test_files_that_the_task_names_are_chosen_however_many_and_others_only_beside_few(tmp_path: Path) -> None:
    files = {f"p/m{number}.py": f"import p.n{number}\n" for number in range(MOST_CHOSEN + 5)}
    beside = {f"p/n{number}.py": "" for number in range(MOST_CHOSEN + 5)}
    index = Mapper(tmp_path, NoCache()).index(write(tmp_path, {**files, **beside}))

    def paths(*named: str) -> list[str]:
        return [it.path for it in choose(index, relevance(index, Places([*files, *beside]), " ".join(named)), ())]

    assert paths(*files) == list(files)
    few = paths(*list(files)[:15])
    assert len(few) == MOST_CHOSEN and few[:15] == list(files)[:15]


def test_a_name_that_many_files_have_says_nothing(tmp_path: Path) -> None:
    files = {f"p{number}/util.py": "def run_it(): pass\n" for number in range(8)}
    index = Mapper(tmp_path, NoCache()).index(write(tmp_path, files))
    assert choose(index, relevance(index, Places(files), "mend util.py and run_it"), ()) == ()
    assert [it.path for it in choose(index, relevance(index, Places(files), "mend p3/util.py"), ())] == ["p3/util.py"]


def test_what_the_task_speaks_of_is_ranked_before_what_is_much_referred_to(index: RepoIndex) -> None:
    assert index.paths[ranked(index, relevance(index, Places(SHOP), ""))[0]] in ("shop/items.py", "shop/stock.py")
    assert index.paths[ranked(index, relevance(index, Places(SHOP), "Mend web/total.ts"))[0]] == "web/total.ts"


def test_the_nearest_of_several_files_is_meant_by_an_import() -> None:
    links = Links(["a/util.py", "a/x.py", "b/util.py", "b/x.py", "b/util.ts"])
    assert links.targets(1, ["util"]) == {0}
    assert links.targets(3, ["util", "os.path", "..", ""]) == {2}
    assert links.targets(3, ["x"]) == {1}, "a file does not import itself"


@pytest.mark.parametrize("importer, written, target", [
    ("pkg/sub/m.py", "..other", "pkg/other.py"),
    ("pkg/sub/m.py", "...top", "top.py"),
    ("pkg/sub/m.py", ".", "pkg/sub/__init__.py"),
    ("pkg/sub/m.py", "pkg.other.Name", "pkg/other.py"),
    ("web/a.ts", "./b/index.js", "web/b/index.ts"),
    ("web/a.ts", "./b", "web/b/index.ts"),
    ("web/a.ts", "@/b", "web/b/index.ts"),
    ("cmd/main.go", "example.com/m/store/mem", "store/mem/mem.go"),
    ("src/app.rs", "crate::store::Key", "src/store.rs"),
    ("src/App.java", "org.x.Shop", "java/org/x/Shop.java"),
    ("lib/a.rb", "store/db", "lib/store/db.rb"),
    ("src/a.c", "inc/a.h", "inc/a.h"),
    ("src/Web.php", "App\\Model\\Item", "src/Model/Item.php"),
    ("bin/run.sh", "./env.sh", "bin/env.sh"),
    ("../../etc/x.py", "...passwd", None),
])
def test_an_import_is_read_as_its_language_means_it(importer: str, written: str, target: str | None) -> None:
    paths = [
        importer, "pkg/other.py", "top.py", "pkg/sub/__init__.py", "web/b/index.ts", "store/mem/mem.go",
        "src/store.rs", "java/org/x/Shop.java", "lib/store/db.rb", "inc/a.h", "src/Model/Item.php", "bin/env.sh",
    ]
    found = Links(paths).targets(0, [written])
    assert [paths[number] for number in found] == ([] if target is None else [target])


def test_a_test_and_what_it_tests_are_partners() -> None:
    paths = [
        "a/x.py", "b/x.py", "tests/a/test_x.py", "tests/test_x.py", "tests/test_xy.py", "x_test.go", "x.go",
        "Shop.java", "ShopTest.java", "x_spec.rb", "x.rb", "latest.py",
    ]
    partners = Places(paths).partners
    assert partners("a/x.py") == ["tests/a/test_x.py", "tests/test_x.py"]
    assert partners("tests/a/test_x.py")[0] == "a/x.py"
    assert partners("x.go") == ["x_test.go"]
    assert partners("Shop.java") == ["ShopTest.java"]
    assert partners("x_spec.rb") == ["x.rb"]
    assert partners("latest.py") == []


def draw(root: Path, files: dict[str, str], text: str = "", *, max_tokens: int = 10_000) -> str:
    index = Mapper(root, NoCache()).index(write(root, files))
    found = relevance(index, Places(files), text)
    declared = Mapper(root, NoCache()).declarations(index, ranked(index, found))
    return draw_map(index, declared, found.names, max_tokens=max_tokens, count_tokens=len)


def test_the_map_has_a_block_a_file_with_what_it_declares(tmp_path: Path) -> None:
    text = draw(tmp_path, {"b.py": "def f(x): pass\n", "a.py": "class A:\n    def g(self): pass\n", "empty.py": ""})
    assert text == "a.py:\n  class A\n      def g(self)\nb.py:\n  def f(x)"


def test_the_map_keeps_to_its_budget_and_prefers_what_fits(tmp_path: Path) -> None:
    files = {"big.py": "".join(f"def number_{n}(): pass\n" for n in range(90)), "small.py": "def f(): pass\n"}
    files["use.py"] = "".join(f"number_{n}()\n" for n in range(90))
    for budget in (0, 20, 30, 150, 300, 3000):
        assert len(draw(tmp_path, files, max_tokens=budget)) <= budget + 1
    assert draw(tmp_path, files, max_tokens=30) == "small.py:\n  def f()"
    assert draw(tmp_path, files, max_tokens=250).count("number_") == 8
    assert draw(tmp_path, files, max_tokens=3000).count("number_") == MOST_LINES


def test_of_a_long_file_what_counts_most_is_drawn_in_its_order(tmp_path: Path) -> None:
    files = {
        "big.py": "".join(f"def number_{n}(): pass\n" for n in range(99)),
        "use.py": "number_70()\nnumber_90()\n", "other.py": "number_90()\n",
    }
    text = draw(tmp_path, files, "what of number_80?")
    lines = text.split("\n")
    assert lines[0] == "big.py:"
    assert [f"  def number_{n}()" in lines for n in (70, 80, 90)] == [True] * 3
    assert lines.index("  def number_70()") < lines.index("  def number_80()") < lines.index("  def number_90()")
    assert "    ..." in lines


def test_what_functions_have_within_them_gives_way_to_what_others_can_call(tmp_path: Path) -> None:
    many = range(MOST_LINES)
    files = {
        "tests/test_a.py": "".join(f"def test_{n}():\n    @x\n    def index():\n        pass\n" for n in many),
        "b.js": "".join(f"function on_{n}() {{\n  function index() {{\n  }}\n}}\n" for n in many),
        "use.py": "index()\n" * 9,
    }
    text = draw(tmp_path, files)
    assert [f"  def test_{n}()" in text and f"  function on_{n}()" in text for n in many] == [True] * MOST_LINES
    assert "index" not in text


def test_the_same_tree_and_task_give_the_same_map(tmp_path: Path) -> None:
    backwards = dict(reversed(list(SHOP.items())))
    assert draw(tmp_path / "a", SHOP, "Stock") == draw(tmp_path / "b", backwards, "Stock")
