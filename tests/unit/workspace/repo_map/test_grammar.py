"""What is found in a file of each language: names, signatures, imports."""

from __future__ import annotations

import pytest

from orchestra.workspace.repo_map.file_facts import (
    MAX_DECLARATIONS, MAX_FILE_BYTES, Declaration, FileFacts, facts_of, key_of,
)
from orchestra.workspace.repo_map.grammar import grammar_of

LANGUAGES = {
    "a.py": (
        'import os.path as path, sys\nfrom .b import c, d\nfrom x.y import (\n    z,\n    w as v,\n)\n\n'
        'LIMIT: int = 3\nlower = 1\nTOKEN = "sk-0123456789abcdef"\n\n\nclass Shop(Base):\n    size: int = 0\n\n'
        '    async def sell(self, item: str,\n                   count: int = 1) -> bool:\n        def inner():\n'
        '            pass\n        return True\n\n\ndef f(x): return x\n',
        ["LIMIT", "TOKEN", "Shop", "sell", "inner", "f"],
        ["os.path", "sys", ".b.c", ".b.d", "x.y.z", "x.y.w"],
    ),
    "a.js": (
        "import x, { y } from './x'\nconst z = require(\"pkg/z\")\nexport default class Shop extends Base {\n"
        "  static async sell(item, count) {\n    if (item) {\n    }\n    return this.sell(item);\n  }\n}\n"
        "export const LIMIT = 3\nconst local = 3\nconst add = (a, b) => a + b\nfunction* walk() {}\n"
        "exports.out = walk\nlet g = async function () {}\nexport default function () {}\n"
        "Shop.prototype.buy = function () {}\nmodule.exports = {\n  first,\n  second: (a) => {\n    inner,\n  },\n"
        "  async third() {\n  },\n}\nmodule.exports = { fourth }\n"
        "res.sendFile = function send(path) {\n  res.x = function () {}\n}\napp.go = async (a) => a\nres.last = a\n",
        ["Shop", "sell", "LIMIT", "add", "walk", "out", "g", "", "buy", "", "first", "second", "third", "",
         "sendFile", "go"],
        ["./x", "pkg/z"],
    ),
    "a.ts": (
        "import type { A } from '../a'\nexport interface Shop<T> {\n  size: number\n}\n"
        "export type Id = string | number\n"
        "export enum Kind { A, B }\nexport abstract class Base {\n  private readonly x: number = 1\n"
        "  protected get value(): Map<string, number> {\n    return m\n  }\n}\ndeclare namespace N {}\n"
        "export async function load(id: Id): Promise<Shop<Id>> {\n}\n"
        "class Till {\n  constructor(\n    private readonly cb: (n: number) => void,\n  ) {\n    call(a,\n      b);\n"
        "    on('x', () => {\n    })\n  }\n  async run(a: number,\n    b: string): Promise<void> {\n  }\n}\n",
        ["Shop", "Id", "Kind", "Base", "value", "N", "load", "Till", "constructor", "run"],
        ["../a"],
    ),
    "a.go": (
        'package a\n\nimport (\n\t"fmt"\n\tx "example.com/m/sub"\n)\n\ntype Shop struct {\n\tSize int\n}\n\n'
        "func (s *Shop) Sell(item string) error {\n\treturn nil\n}\n\nfunc New() *Shop { return nil }\n\n"
        "const (\n\tLimit = 3\n)\nvar Global int\ntype (\n\t// A is one.\n\tA struct {\n\t\tx int\n\t}\n\n"
        "\tB interface{ M() }\n)\nvar (\n\tv1, v2 = 1, 2\n)\n"
        "var (\n  v3 = T{\n    x: 1,\n  }\n)\nfunc f() {\n\tGlobal = 3\n}\n",
        ["Shop", "Sell", "New", "Limit", "Global", "A", "B", "v1", "v3", "f"],
        ["fmt", "example.com/m/sub"],
    ),
    "a.rs": (
        "mod inner;\nuse crate::store::{Store, Key};\npub(crate) struct Shop<'a> {\n    name: &'a str,\n}\n"
        "impl<'a> Shop<'a> {\n    pub async fn sell(&self, item: &str) -> Result<(), Error> {\n    }\n}\n"
        "pub trait Sells {}\nenum Kind { A }\nmacro_rules! shout {\n}\n"
        "const LIMIT: usize = 3;\nstatic mut N: i32 = 0;\n"
        "cfg_net! {\n    pub struct Net {\n    }\n    impl Net {\n        cfg_rt! {\n            pub fn run(&self) {\n"
        "                fn within() {}\n            }\n            fn own() {}\n        }\n    }\n}\n",
        ["inner", "Shop", "", "sell", "Sells", "Kind", "shout", "LIMIT", "N", "Net", "", "run"],
        ["inner", "crate::store::"],
    ),
    "A.java": (
        "import java.util.List;\nimport static org.x.Y.z;\npublic final class Shop<T> extends Base {\n"
        "    private static final int LIMIT = call(3);\n    public Shop(int size) {\n    }\n"
        "    @Override\n    public List<Map<String, T>> sell(String item) throws IOException {\n"
        "        return other(item);\n    }\n}\ninterface Sells {\n    boolean sells(String item);\n}\n"
        "enum Kind { A }\n",
        ["Shop", "Shop", "sell", "Sells", "sells", "Kind"],
        ["java.util.List", "org.x.Y.z"],
    ),
    "a.c": (
        '#include "shop.h"\n#include <stdio.h>\n#define LIMIT 3\ntypedef unsigned long key_type;\nstruct shop {\n'
        "    int size;\n};\ntypedef struct {\n    int x;\n} point;\nstatic const char *name_of(struct shop *s)\n{\n"
        "    if (s) return call(s);\n    return 0;\n}\nint main(int argc, char **argv) {\n}\nenum kind { A, B };\n"
        "static int\nold_style(a,\n    b)\n    int a, b;\n{\n}\nTEST(x)\n{\n}\ncall(3);\n",
        ["LIMIT", "key_type", "shop", "point", "name_of", "main", "kind", "old_style"],
        ["shop.h"],
    ),
    "a.cpp": (
        '#include "a/shop.hpp"\nnamespace store {\nclass Shop : public Base {\n};\n'
        "std::vector<int> Shop::sell(const std::string& item) {\n    return f(item);\n}\nShop::~Shop() {}\n"
        "template <typename T> struct Box {\n};\nusing Id = int;\nenum class Kind { A };\n"
        "class Till {\n  Q_OBJECT(x)\npublic:\n  Till();\n  ~Till() override {\n    Lock lock(mutex);\n"
        "    call(3);\n  }\n  virtual void ring(int a) const = 0;\n  bool operator==(const Till& o) const;\n"
        "  int size = f(3);\n};\n"
        "void g() {\n  Lock lock(mutex);\n}\n",
        ["store", "Shop", "sell", "~Shop", "Box", "Id", "Kind", "Till", "Till", "~Till", "ring", "operator==", "g"],
        ["a/shop.hpp"],
    ),
    "a.h": (
        "int sell(const char *item, int count);\nclass Shop {\n  public:\n    virtual bool sells(int n) const;\n};\n",
        ["sell", "Shop", "sells"],
        [],
    ),
    "a.rb": (
        "require 'set'\nrequire_relative '../lib/store'\nmodule Market\n  class Shop < Base\n    LIMIT = 3\n"
        "    def sell!(item)\n    end\n    def self.open?\n    end\n    def size=(n)\n    end\n  end\nend\n",
        ["Market", "Shop", "LIMIT", "sell!", "open?", "size="],
        ["set", "../lib/store"],
    ),
    "a.php": (
        "<?php\nuse App\\Model\\Item;\nrequire_once __DIR__ . '/store.php';\nfinal class Shop extends Base {\n"
        "    public const LIMIT = 3;\n    public static function &sell(Item $item): bool {\n        return f($item);\n"
        "    }\n}\ninterface Sells {}\ntrait T {}\nfunction helper() {}\n",
        ["Shop", "LIMIT", "sell", "Sells", "T", "helper"],
        ["App\\Model\\Item", "/store.php"],
    ),
    "a.sh": (
        "#!/bin/sh\n. ./lib.sh\nsource \"$HERE/env.sh\"\nsay() {\n  echo hi\n}\nfunction shout-loud {\n  say\n}\nsay\n",
        ["say", "shout-loud"],
        ["./lib.sh", "env.sh"],
    ),
    "a.pl": (
        "#!/usr/bin/perl\nuse strict;\nuse Shop::Stock qw(take);\npackage Shop::Till;\nsub sell {\n  my $x = shift;\n"
        "}\nsub _open($$) {}\nsubmit(1);\n",
        ["Till", "sell", "_open"],
        ["Shop::Stock"],
    ),
    "a.sql": (
        'CREATE TABLE IF NOT EXISTS "shop"."items" (\n  id int\n);\ncreate or replace view best_items as\nselect 1;\n'
        "CREATE UNIQUE INDEX by_name ON items (name);\ninsert into items values (1);\n",
        ["items", "best_items", "by_name"],
        [],
    ),
    "a.md": (
        "---\ntitle: x\n---\n# The shop\n\ntext\n\n## Selling\n\n```sh\n# no heading\n```\n\n### More\n\n#no heading"
        "\n\nBuying\n======\n\nTill\n---\n\n- item\n---\n\n| a |\n---\n",
        ["", "", "", "", ""],
        [],
    ),
}


def facts(path: str, text: str | bytes) -> FileFacts:
    grammar = grammar_of(path)
    assert grammar is not None
    return facts_of(text.encode("utf-8") if isinstance(text, str) else text, grammar)


@pytest.mark.parametrize("path", LANGUAGES)
def test_names_and_imports_are_found(path: str) -> None:
    text, names, imports = LANGUAGES[path]
    found = facts(path, text)
    assert [it.name for it in found.declarations()] == names
    assert list(found.imports) == imports


@pytest.mark.parametrize(("path", "text", "names"), [
    (
        "a.js", "class Shop {\n  sell (item, count) {\n    if (item) {\n    }\n  }\n  get size () {\n  }\n"
        "  *each () {\n    switch (a) {\n    }\n  }\n}\nfunction f (a) {\n  while (a) {\n  }\n  case (x): y\n}\n",
        ["Shop", "sell", "size", "each", "f"],
    ),
    (
        "a.ts", "export interface Shop {\n  sell(item: string): Promise<void>;\n  open?(): boolean\n  size: number;\n"
        "}\nabstract class Till {\n  abstract ring(): void;\n  run() {\n    const a = b ? c(1) : d;\n    e(2)\n  }\n}\n"
        "export type Wide<\n  T = string,\n> = T\n",
        ["Shop", "sell", "open", "Till", "ring", "run", "Wide"],
    ),
    (
        "A.java", "class Shop {\n    int sell(long date, int[] items) {\n        return call(date);\n    }\n"
        "    <T> Map<String, T> all(Class<T> kind,\n            int most) {\n    }\n}\ninterface Sells {\n"
        "    boolean sells(String item)\n        throws IOException;\n}\n",
        ["Shop", "sell", "all", "Sells", "sells"],
    ),
    (
        "a.go", "type Shop interface {\n\tSell(item string) error\n\n\t// Open is one.\n\tOpen() bool\n}\n"
        "type Box struct {\n\tsize int\n}\n",
        ["Shop", "Sell", "Open", "Box"],
    ),
    (
        "a.c", "static const struct shop_ops fast = {\n    .sell = sell,\n};\nvoid f(void)\n{\n    struct shop s = {\n"
        "    };\n}\nstatic struct shop *\nnew_shop(void)\n{\n}\ntypedef int (*seller)(int);\n"
        "static struct till {\n    int x;\n} t;\n",
        ["fast", "f", "new_shop", "seller", "till", "t"],
    ),
    (
        "a.js", "class Shop {\n  * each () {\n  }\n  static * all (a, b) {\n  }\n  async * later () {\n  }\n}\n",
        ["Shop", "each", "all", "later"],
    ),
    (
        "a.ts", "abstract class Shop {\n  abstract ring();\n  public sell(item);\n  public sell(item, count) {\n"
        "    put(item);\n    this.sell(item)\n  }\n  protected static open()\n}\n",
        ["Shop", "ring", "sell", "sell", "open"],
    ),
    (
        "A.java", "interface Shop {\n    void sell(String item, int... counts);\n"
        "    <T> List<T> all( Class<T> kind );\n"
        "    java.util.List<T> some(Map<String, List<T>> all) throws IOException;\n}\n",
        ["Shop", "sell", "all", "some"],
    ),
    (
        "a.cpp", "class SHOP_API Shop final : public Base<decltype(f())> {\n};\nstruct alignas(8) Box {\n};\n"
        "class [[nodiscard]] EXPORT(a) Till\n{\n};\nstruct Shop::Impl {\n};\nclass ALONE final {\n};\n"
        "Shop::Shop() : size_(f(3)) {}\nns::Shop<T>::~Shop() = default;\n"
        "bool Shop::operator==(const Shop& o) const {\n}\nShop::operator bool() const {\n}\n"
        "template <class T> inline T take(Shop& shop) {\n}\nBox& Box::operator()(int a) {\n}\n",
        ["Shop", "Box", "Till", "Impl", "ALONE", "Shop", "~Shop", "operator==", "operator bool", "take", "operator()"],
    ),
    (
        "a.rb", "class Shop\n  has_many :items\n  scope :open, -> { 1 }\n  alias_method :shut, :close\n"
        "  alias ended? closed?\n  define_method(:run) do\n  end\nend\n",
        ["Shop", "", "", "shut", "ended?", "run"],
    ),
    (
        "a.rb", "class Shop\n  attr_reader :size, :name\n  Item = Struct.new(:a)\n  private def count(a)\n  end\n"
        "  def [](key)\n  end\n  def Shop.open\n  end\nend\n",
        ["Shop", "size", "Item", "count", "", "open"],
    ),
])
def test_members_are_found_however_their_language_lets_them_be_written(path: str, text: str, names: list[str]) -> None:
    assert [it.name for it in facts(path, text).declarations()] == names


@pytest.mark.parametrize(("path", "text", "names"), [
    (
        "a.js", "/**\n * Options (optional): what the caller wants\n * for (const x of y) {\n * each (x) {\n */\n"
        "class Shop {\n  *each() {\n    super(x) {\n    }\n    try (x) {\n    }\n    return ok ?\n"
        "      render(x) : other(y)\n  other (a): b\n  retry(3):\n  again(3): b\n  noted(): said of it\n  }\n"
        "  delete(key) {\n  }\n}\n",
        ["Shop", "each", "delete"],
    ),
    (
        "a.go", "var (\n\tx = y +\n\tcall(z)\n)\ntype Number interface {\n\tint | string\n\tAdd(a int)\n}\n",
        ["x", "Number", "Add"],
    ),
    (
        "A.java", "/*\n   Calls foo(bar)\n   and so on\n   calls foo();\n   See foo(bar);\n   as in foo(the bar);\n*/\n"
        "class Shop {\n}\n",
        ["Shop"],
    ),
    (
        "a.js", "/*\n * each (x) {\n   * most (x) {\n */\nclass Shop {\n  a () {\n    x = 2\n      * f(x)\n  }\n}\n",
        ["Shop", "a"],
    ),
    (
        "a.h", "/* A struct is called\n  class and shouldn't be\n  struct in Time. */\nclass Shop;\nint x = call(a) *\n"
        "  f(b);\n",
        [],
    ),
    ("a.vue", "<b>\n  Total (net): 3\n</b>\n<style>\n@media screen\n  and (max-width: 3px) {\n", []),
])
def test_what_only_reads_like_a_declaration_is_none(path: str, text: str, names: list[str]) -> None:
    assert [it.name for it in facts(path, text).declarations()] == names


@pytest.mark.parametrize("path", LANGUAGES)
def test_windows_line_endings_change_nothing(path: str) -> None:
    text = LANGUAGES[path][0]
    assert facts(path, text.replace("\n", "\r\n")) == facts(path, text)


@pytest.mark.parametrize("path", LANGUAGES)
def test_a_declaration_stands_on_its_line(path: str) -> None:
    text = LANGUAGES[path][0]
    for it in facts(path, text).declarations():
        first = it.signature.split("(")[0].split("=")[0].strip().rstrip(" .{")
        assert text.split("\n")[it.line - 1].strip().startswith(first)


def test_a_signature_has_its_indent_all_its_lines_and_no_body() -> None:
    signatures = [it.signature for it in facts("a.py", LANGUAGES["a.py"][0]).declarations()]
    assert signatures == [
        "LIMIT: int = ...", "TOKEN = ...", "class Shop(Base)",
        "    async def sell(self, item: str, count: int = 1) -> bool", "        def inner()", "def f(x): return x",
    ]
    assert [it.signature for it in facts("a.md", LANGUAGES["a.md"][0]).declarations()] == [
        "# The shop", "## Selling", "### More", "Buying", "Till",
    ]


def test_no_value_that_may_be_secret_stands_in_a_signature() -> None:
    text = (
        "def f(key='sk-0123456789abcdef', mode=\"read\"): pass\nKEY_ID = 'AKIA0123456789ABCDEF'\n"
        "const add = (key = `ghp_0123456789abcdef`) => 1\n"
    )
    for path in ("a.py", "a.js"):
        said = " ".join(it.signature for it in facts(path, text).declarations())
        assert said and not any(secret in said for secret in ("sk-01", "AKIA", "ghp_"))
    assert "mode=\"read\"" in facts("a.py", text).declarations()[0].signature


def test_what_is_kept_has_no_text_of_names_that_are_only_used() -> None:
    found = facts("a.py", "def f():\n    return ghp_0123456789abcdef\n")
    assert key_of("ghp_0123456789abcdef") in found.uses[0]
    assert all(b"ghp_" not in part for part in (found.to_bytes(), repr(found).encode()))


def test_facts_come_back_from_a_cache_as_they_were() -> None:
    for path, (text, _, _) in LANGUAGES.items():
        found = facts(path, text)
        assert FileFacts.from_bytes(found.to_bytes()) == found


@pytest.mark.parametrize("kept", [b"", b"\x01", b"\x05abc", b"\x01\x04\x00\x00\x00abcd", b"\x00" * 9])
def test_what_is_no_facts_is_an_error(kept: bytes) -> None:
    with pytest.raises(ValueError):
        FileFacts.from_bytes(kept)


def test_uses_are_kept_by_how_often() -> None:
    found = facts("a.py", "often\n" * 9 + "twice twice once\n")
    assert [key_of("once") in level for level in found.uses] == [True, False, False, False]
    assert [key_of("twice") in level for level in found.uses] == [True, True, False, False]
    assert [key_of("often") in level for level in found.uses] == [True, True, True, True]


def test_prose_uses_no_names() -> None:
    assert facts("README.md", "# Shop\n\nThe shop.\n").uses == ()


def test_nothing_is_found_in_binaries_and_in_what_is_too_long() -> None:
    assert facts("a.py", b"def f(): pass\n\0") == FileFacts()
    assert facts("a.py", b"def f(): pass\n" + b"#" * MAX_FILE_BYTES) == FileFacts()
    assert facts("a.py", b"\xff\xfe def\ndef f(): pass\n").declarations() == (Declaration(2, "f", "def f(): pass"),)


def test_a_name_of_dots_is_none() -> None:
    found = facts("a.sql", "create table ..;\ncreate table shop.goods (id int);\n").declarations()
    assert [it.name for it in found] == ["goods"]


def test_long_lines_and_many_declarations_are_cut() -> None:
    found = facts("a.py", "def f(): pass\n" + "x" * 5000 + " def hidden(): pass\n")
    assert [it.name for it in found.declarations()] == ["f"]
    many = facts("a.py", "".join(f"def f{n}(): pass\n" for n in range(MAX_DECLARATIONS + 5)))
    assert len(many.declarations()) == MAX_DECLARATIONS
    (long,) = facts("a.py", "def f(%s): pass\n" % ", ".join(f"argument{n}" for n in range(30))).declarations()
    assert len(long.signature) <= 160 and long.signature.endswith(" ...")


@pytest.mark.parametrize(("path", "line"), [
    ("a.ts", "  a(b:c): " + "| " * 140 + ";;"), ("a.c", "static const extern struct " + "a" * 260 + ";"),
])
def test_lines_that_nearly_fit_are_read_in_one_pass(path: str, line: str) -> None:
    # One that is tried in every way would not come to an end.
    assert facts(path, (line + "\n") * 200).declarations() == ()


def test_what_has_no_grammar_is_not_mapped() -> None:
    assert [grammar_of(path) for path in ("Makefile", "a.png", "a.yaml", "py", "")] == [None] * 5
    assert grammar_of("dir.x/A.PY") is grammar_of("a.py") is not None
    assert grammar_of("dir.x/run", "#!/usr/bin/env python3\n") is grammar_of("a.py") is not grammar_of("a.sh")
