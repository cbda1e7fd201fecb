"""What is whole and what is not, language by language, without any parser."""

from __future__ import annotations

import pytest

from orchestra.workspace.languages.lexer import find_unfinished
from orchestra.workspace.languages.names import language_of

WHOLE = [
    ("a.js", "const a = /[/\"'`(]/g, b = 4 / 2 / 1;\n"),
    ("a.js", "if (x) /[(]/.test(y)\nfor (;;) /'/.exec(z)\n"),
    ("a.js", "f(`a ${b ? `(${c}` : '}'} \\` `)\n"),
    ("a.js", "x = { a: 1 } / 2; y = a++ / b; z = [1] / 3 // '\n"),
    ("a.js", "#!/usr/bin/env node\nreturn /* ( */ /'/\n"),
    ("a.js", "const App = () => <p title='(' {...a}>Don't {/* ' */}<br/>{b && <>(</>}</p>;\n"),
    ("a.js", "x = 1 <<y, z = a<b\n"),
    ("a.js", "import a from 'b'\nlet x = y as const\n"),
    ("a.tsx", "const f = <T,>(x: T) => x; const g = <T extends {}>(x: T) => <A<T> x={x}>it's</A>;\n"),
    ("a.tsx", "type F = <T>(x: T) => void;\nconst a = <Text>(none)</Text>;\n"),
    ("a.ts", "const a = <string>b; const c = d! / 2; type E = Array<'('>\n"),
    ("a.go", "package a\nvar r = '\\''\nvar s = `\"(`\nfunc f() { /* ) */ }\n"),
    ("a.rs", "fn f<'a>(x: &'a str) -> char { let _ = r#\"\"(\"#; /* a /* ( */ */ '\\'' }\n"),
    ("a.rs", "fn f() { 'outer: loop { break 'outer; } b'{'; '\\u{1F600}'; \"a\n(\"; }\n"),
    ("a.c", "#if A\nint f(int a) {\n#else\nint f(void) {\n#endif\n  return '\"';\n}\n"),
    ("a.c", "#define BEGIN {\n#define X(a) \\\n  do { a;\n#error don't\n#if 0\nit's (\n#endif\nLICENSE(\"GPL\")\n"),
    ("a.h", "#ifdef __cplusplus\nextern \"C\" {\n#endif\nint a;\n#ifdef __cplusplus\n}\n#endif\n"),
    ("a.cpp", "auto a = R\"x()\" )x\"; int b = 1'000'000; char c = u8'a'; // \\\n (\n"),
    ("A.java", "class A { String s = \"\"\"\n  \"(\n  \"\"\"; char c = '\"'; }\n"),
    ("A.cs", "class A { string a = @\"\\\"\"(\", b = $\"{f(\"(\")} {{\", c = $@\"\\{d}\"\"\"; }\n#if X\n#endif\n"),
    ("A.cs", "class A { string e = \"\"\"(\"\"\"; string f = $$\"\"\"\"{ (\"\"\"\"; }\n"),
    ("A.kt", "val a = \"${f(\"}\")} (\" + \"\"\"${b}\"(\"\"\"\n/* /* ( */ */ fun `it's (`() = '\"'\n"),
    ("a.swift", "let a = \"\\(f(\"(\")) )\"; let b = #\"\"(\"#; /* /* ( */ */\nfunc `don't`() {}\n"),
    ("A.scala", "object A { val a = s\"${f(\"(\")} $$\"; val b = '('; val c = 'symbol; val d = \"\"\"\"(\"\"\" }\n"),
    ("a.dart", "var a = '${f('(')}'; var b = r'\\'; var c = '''it's (''';\n"),
    ("a.groovy", "def a = ~/(['\"])/\ndef b = 4 / 2\ndef c = \"${d('(')}\"\ndef e = '''it's'''\n"),
    ("a.proto", "message A { optional string a = 1 [default = \"(\"]; }\n"),
    ("a.sh", "if true; then echo done; fi\ncase $x in a) ;; (b|c) ;; do) ;; esac\nfor i do :; done\n"),
    ("a.sh", "cat <<'EOF' | sed \"s/(/[/\"\nit's ( if\nEOF\ncat <<-X\n\t(\n\tX\necho $((1 << 2))\n"),
    ("a.sh", "echo ${a#\\}} \"${b:-it's}\" ${c#'}'} \"${d%\"}\"}\"\n"),
    ("a.sh", "x=`echo \"(\"`; y=\"$(f \"$(g ')')\")\"; find . -exec a {} \\;\nfunction f {\n  echo }\n}\n# don't\n"),
    ("a.zsh", "case $x in a) ;; (b|c) ;; esac\nls *(.)\n"),
    ("a.zsh", "for f in ${(f)\"$(ls)\"} x(#q.N); do echo $f; done\n"),
    ("a.bash", "a=(1 2) # (\n[[ $x =~ ^(a|b)$ ]] && { echo $#; }\ncat <<<\"(\"\necho $'it\\'s' @(a|b)\n"),
    ("a.rb", "x = y if z\nputs /(['\"])/.match?(a) unless b\nw = if c then 1 else 2 end\nd = 4 / 2\n"),
    ("a.rb", "def a = 42\ndef self.b(c) = c\ndef end?; while x do y end; end\nclass << self; end\n"),
    ("a.rb", "a = <<~X + <<'Y'\n  it's ( #{b}\nX\n  def\nY\nc = %w[( [] a] + %q{{(}} + [?', ?(]\n"),
    ("a.rb", "=begin\n(\n=end\nx = \"#{y.map { |z| \"(#{z}\" }}\" # '\nloop do break end\n__END__\n(((\n"),
    ("a.rb", "x = { if: 1, end: 2 }\nx.class.end\ny = :end\nz = a ? b : c\n%r{/(}.match(x) if y\nputs %(a)\n"),
    ("a.php", "it's (<?php /* ( */ $a = \"{$b['(']}\"; # don't\n#[A(1)]\n$c = <<<X\n  it's (\n  X . 'd'; ?> isn't (\n"),
    ("a.lua", "local a = [==[ ]] ( ]==] --[[ ( ]] -- '\nfor i = 1, 2 do if b then repeat c() until d end end\n"),
    ("a.py", "a = '''it's (''' + \"\\\"(\" # '\n"),
    ("a.ps1", "<# ( #> $a = @\"\nit's \"(\"\n\"@ # '\n$b = \"$(f \")\")`\"\"\n"),
    ("a.ps1", "$a = @\"\n$(f @'\n\"@ (\n'@)\n`$(\n\"@\n"),
    ("a.css", "a[href='('] { content: \"\\\"\"; background: url(data:a;b,c) } /* { */ .a\\( {}\n@import 'b'"),
    ("a.scss", "// it's {\n.a { &:b { c: \"#{d(\"(\")}\"; } }\n@include e\n"),
    ("a.less", ".a { .b(); c: ~\"(\"; } // it's (\n.d()\n"),
    ("a.sql", "select 'it''s (', \"(\" -- '\n/* ( */ $a$ it's ( $a$;\n"),
    ("a.sql", "select 'it\\'s';\n"),
    ("a.toml", "a = \"\"\"\"(\"\"\"\"\nb = '''''('''\nc = 'it\\' # '\n[d]\n'e' = [ # ]\n]\n"),
    ("a.tf", "a = \"${b(\"(\")}\" # '\nc = <<-X\n  it's (\n  X\n"),
    ("a.hs", "a' = '\"' -- (\n{- {- ( -} -}\nb = \"\\\"(\" --> c\n"),
    ("a.clj", "(def a \\() ; (\n(def b \"\\\"(\")\n"),
    ("a.r", "a <- r\"(it's \")\" # (\nb <- 'x' %in% c\n"),
    ("CMakeLists.txt", "if(A)\n  set(B \"(\" [=[ ) ]=]) # (\nendif()\n"),
    ("a.vue", "<template><p>it's ( {{ a }}</template><script lang=\"ts\">let a = '<p>'</script>\n"),
    ("a.unknown", "((("),
    ("README", "((("),
    ("a.ml", "let a' = '\"' (* it's \"*)\" {x|*)|x} (* ( *) '(' *)\nlet b = {x|(\"|x} and c = ( * )\n"),
    ("a.ml", "(* f' '\"' *)\nlet f' = '\"'\n"),
    ("a.ml", "module M = struct\n  let f () = for i = 0 to 1 do begin g i end done\nend\n"),
    ("a.ml", "let a = f ~end_:1 b.do_ object' method end' \"\n(\"\n"),
    ("a.sml", "val a = \"(\\\n  \\(\" (* ( (* [ *) *)\nval op = = op =\n"),
    ("a.fs", "let a = @\"\\\" + \"\"\"(\"\"\" // (\nlet ``it's (`` (x: 'a) = '(' (* ( *)\nlet (*) = 1\n"),
    ("a.ex", "def a(b), do: ?( + ~r/[(]#{c(\")\")}/ # (\ndef d do\n  fn -> :end; %{end: 1}.end end\nend\n"),
    ("a.ex", "@doc ~S\"\"\"\n  \\\"\"\" ( #{\n\"\"\"\nx = 'it(' <> \"#{f('(')}\" <> ~w[( #{b}]s <> ~S(\\))\n"),
    ("a.erl", "a() -> [$(, $\\\", $', 'it\\'s (', \"(\"]. % (\n-spec b(fun((a) -> b)) -> c.\n"),
    ("a.nim", "proc `[]=`(a: char) = #[ ( #[ [ ]# ]#\n  ## (\n"),
    ("a.nim", "f(r\"\\\", \"\"\"\"(\"\"\"\", '\"', 1'u8)\n##[ #[ ]##\n"),
    ("a.jl", "a = b' * '(' #= ( #= [ =# =#\nc = \"$(f(\")\"))\" * raw\"$(\" * `d $(e)`\n"),
    ("a.bzl", "a(\n    b = '''it's (''', # (\n)\n"),
    ("Makefile", "ifeq (a,b) # (\n  ifdef C\n  endif\nelse ifdef D\nendif\nexport define E\nit's (\nendef\nF = $(if\n"),
    ("Dockerfile", "FROM a # (\nRUN <<EOF\nif (\nEOF\nRUN b \\\n  c \"(\n"),
    ("a.thrift", "struct A { 1: string b = 'it\\'s (' } # (\n// (\n"),
    ("a.pl", "my $a = $b / 2; print /(['\"]/ if $#{$c} > $#d; # ' (\n=pod\n\nit's (\n\n=cut\n$h{y} / 2 // q(it (s) x)"),
    ("a.pm", "sub a :Chained(/) PathPart('x') Args(0) { }\nsub b : lvalue : method { 1 }\n$f = sub : Local { /x/ };\n"),
    ("a.pl", "% The parser's state (see below\nparse(X) :- atom(X), !.\n"),
    ("a.t", "Don't\n  $ echo '(\n"),
    ("a.pl", "s{\\{ '}{ \" }gx; tr/('/)\"/; y,(,[,; (my $e = $f) =~ s#(#[#g; m!('! or -s $g and $h->s(1);\n"),
    ("a.pm", "sub f($$;@) { return map { {s => 1, y => 2, $_ => -M} } grep /[(]/s, @_ }\n__END__\nit's (\n"),
    ("a.pl", "print $fh <<\"A\" . <<~'B', <<C;\nit's (\nA\n  (\n  B\n\"\nC\n$x = 1 << 2; $) = $(; split /,/, $];\n"),
    ("a.pl", "for (<$dir/*.'>, <STDIN>) { &main'f; isn't($_, 'a') }\nif (1) { }\n/=(/ and next;\n@a = $b->$#* / 2;\n"),
    ("a.pl", "format A =\n@<< it's (\n$b\n.\nqw[a [b] '] x 3; qq'(' eq'(' . ${$a}{'b'} . @{[ 1 ]} . $$ . $'\n"),
    ("a.m", "x = a'; y = [1, 2\n"),
    ("run", "#!/usr/bin/fish\nif (\n"),
]


@pytest.mark.parametrize("path, text", WHOLE)
def test_lets_whole_code_pass(path: str, text: str) -> None:
    language = language_of(path, text)
    assert language is None or find_unfinished(text, language) == ()


BROKEN = [
    ("a.js", "f()\ng({\n  a: [1,\n})\n", 3, "'['"),
    ("a.js", "f()\n}\n", 2, "'}' closes nothing"),
    ("a.js", "x = 1\ny = `a ${b\n", 2, "template"),
    ("a.js", "x = 1\ny = `a ${b}\n", 2, "template"),
    ("a.js", "x = 'a\ny = 'b'\n", 1, "string"),
    ("a.js", "x = 1\n/* a\n", 2, "comment"),
    ("a.js", "x = /[(]/; (\n", 1, "'('"),
    ("a.jsx", "x = (\n  <p>\n    {a}\n  </b\n", 2, "element"),
    ("a.jsx", "x = <p a={1}\n  b='", 1, "tag"),
    ("a.js", "import a from 'b'\nexport const c =\n", 2, "last statement"),
    ("a.ts", "interface A { b: string }\nexport class C extends D", 2, "last statement"),
    ("a.tsx", "const a = <A>\n  it's\n", 1, "element"),
    ("a.go", "package a\n\nfunc f() {\n\tif x {\n\t}\n", 3, "'{'"),
    ("a.go", "package a\nvar s = `x\n", 2, "string"),
    ("a.rs", "fn f() {\n    let s = r#\"a\";\n}\n", 2, "string"),
    ("a.rs", "/* a /* b */\n", 1, "comment"),
    ("a.rs", "fn f() {}\npub fn", 2, "last statement"),
    ("a.c", "#ifndef A\n#define A\nint a;\n", 1, "#if"),
    ("a.c", "int f(void)\n{\n#if A\n  g(;\n#endif\n}\n", 4, "'('"),
    ("A.java", "class A {\n  String s = \"\"\"\n    a\n}\n", 2, "string"),
    ("A.java", "package a;\nimport b.c", 2, "last statement"),
    ("A.cs", "class A {\n  string s = $\"{a\";\n}\n", 2, "string"),
    ("a.kt", "fun f() {\n  val a = \"${b(\"\n}\n", 2, "string"),
    ("a.swift", "func f() {\n  g(\"\\(a\")\n}\n", 2, "string"),
    ("a.sh", "if x; then\n  for i in 1 2; do\n    echo\n  done\n", 1, "'if'"),
    ("a.sh", "x=1\ncat <<EOF\nEOF2\n", 2, "EOF"),
    ("a.sh", "case $x in\n  a) b ;;\n", 1, "'case'"),
    ("a.sh", "echo \"$(f\n", 1, "string"),
    ("a.sh", "f() {\n  echo\nfi\n}\n", 1, "'{'"),
    ("a.sh", "make a \\\n  b \\", 2, "last statement"),
    ("a.zsh", "f() {\n  echo \"a\n}\n", 2, "string"),
    ("a.rb", "class A\n  def b\n    c if d\n  end\n", 1, "'class'"),
    ("a.rb", "def a\n  b.each do |c|\n    d(c\n  end\nend\n", 3, "'('"),
    ("a.rb", "x = <<~A\n  b\n", 1, "A"),
    ("a.rb", "end\n", 1, "closes nothing"),
    ("a.php", "<?php\n$a = <<<X\n  b\n", 2, "X"),
    ("a.php", "<?php\nfunction f() {\n  if (a) {\n  }\n", 2, "'{'"),
    ("a.pl", "sub f {\n  if ($a) {\n  }\n", 1, "'{'"),
    ("a.pl", "my $a = 1;\nmy $b = q{a {b};\n", 2, "string"),
    ("a.pl", "use strict;\nprint <<A;\nb\n", 2, "A"),
    ("a.pm", "package A;\n$x = [1, (2];\n", 2, "'('"),
    ("a.pm", "package A;\nmy $x =\n", 2, "last statement"),
    ("a.t", "use Test::More;\nok($x / 2, 'a);\n", 2, "string"),
    ("a.lua", "function f()\n  if a then\n    b()\nend\n", 1, "'function'"),
    ("a.lua", "a = [[\n", 1, "string"),
    ("a.css", "a {\n  b: c;\n", 1, "'{'"),
    ("a.scss", ".a { b: c }\n.d .e", 2, "last statement"),
    ("a.sql", "create table a (\n  b int,\n", 1, "'('"),
    ("a.toml", "a = 1\nb = [1,\n  2\n", 2, "'['"),
    ("a.hs", "a = 1\n{- b\n", 2, "comment"),
    ("a.clj", "(defn a []\n  (b)\n", 1, "'('"),
    ("CMakeLists.txt", "if(A)\n  b(c)\n", 1, "'if'"),
    ("a.vue", "<template></template>\n<script>\nlet a\n", 2, "element"),
    ("a.ml", "let a = 1\nmodule M = struct\n  let b = 2\n", 2, "'struct'"),
    ("a.ml", "let a = 1 (* it's\n", 1, "comment"),
    ("a.ml", "let a = begin\n  f x\ndone\n", 1, "'begin'"),
    ("a.sml", "fun f x =\n", 1, "last statement"),
    ("a.fs", "let a = [\n  1\n", 1, "'['"),
    ("a.ex", "defmodule A do\n  def b do\n    c\n  end\n", 1, "'do'"),
    ("a.ex", "x = ~s(a #{b}\n", 1, "string"),
    ("a.erl", "-module(a).\nb() ->\n  c(d),\n", 3, "last statement"),
    ("a.nim", "echo(1,\n  [2\n", 2, "'['"),
    ("a.jl", "a = \"$(b\"\n", 1, "string"),
    ("a.bzl", "a(\n  b = [1,\n)\n", 2, "'['"),
    ("Makefile", "a:\n\tb\nifdef C\nD = 1\n", 3, "'ifdef'"),
    ("a.thrift", "struct A {\n  1: string b\n", 1, "'{'"),
    ("Makefile", "define a\nb\n", 1, "'define'"),
    ("Dockerfile", "FROM a\nRUN <<EOF\nb\n", 2, "EOF"),
    ("Dockerfile", "FROM a\nRUN b && \\", 2, "last statement"),
]


@pytest.mark.parametrize("path, text, line, part", BROKEN)
def test_tells_the_line_where_what_is_not_closed_opened(path: str, text: str, line: int, part: str) -> None:
    language = language_of(path, text)
    assert language is not None
    (defect,) = find_unfinished(text, language)
    assert (defect.line, part in defect.message) == (line, True), defect


@pytest.mark.parametrize(
    "atom",
    ["(", "<a>", "`${", "\"$(", "<<A ", "#if x\n", "/", "if ", "case x in ", "$$", "%w(", "{-"]
    + ["(*", "{a|", "\"\\", "~s("],
)
@pytest.mark.parametrize("path", ["a.tsx", "a.js", "a.rb", "a.sh", "a.c", "a.cs", "a.hs", "a.ml", "a.ex", "Makefile"])
def test_hostile_text_ends_with_an_answer(path: str, atom: str) -> None:
    text = atom * (40_000 // len(atom))
    language = language_of(path, text)
    assert language is not None
    assert len(find_unfinished(text, language)) <= 1
