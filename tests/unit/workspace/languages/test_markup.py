"""What is wrong with the scripts and the style sheets of a page."""

from __future__ import annotations

import pytest

from tests.unit.workspace.defects import defects_in


@pytest.mark.parametrize(
    "path, text",
    [
        ("a.html", "<p>it's (<script type='text/template'>((</script><!-- <script>(</script> -->\n"),
        ("a.html", "<script>a = {{ b }}; (</script><script>/* </b> */ a = '(' < 1</script>\n"),
        ("a.vue", "<script setup lang=\"ts\">let a: B<'('> = /[(]/</script><style lang='sass'>a\n  b: (</style>\n"),
        ("a.svelte", "<script context=\"module\">export let a = 1</script>{#if a}<style>p { a: b }</style>\n"),
        ("a.vue", "<style lang=\"scss\" scoped>// it's (\n.a { .b { c: d } }</style><script src=\"b.js\"/>\n"),
    ],
)
def test_lets_whole_pages_pass(path: str, text: str) -> None:
    assert defects_in(path, text) == ()


@pytest.mark.parametrize(
    "path, text, line, part",
    [
        ("a.vue", "<template/>\n<script>\nf({\n  a: [1,\n})\n</script>\n", 4, "'['"),
        ("a.vue", "<script lang='ts'>\nlet a: B =\n</script>\n", 2, "last statement"),
        ("a.html", "<script>f(</script>\n", 1, "'('"),
        ("a.svelte", "<p>\n</p>\n<style>\np {\n  a: b;\n</style>\n", 4, "'{'"),
        ("a.vue", "<style lang=\"less\">\n.a { .b(;\n</style>\n", 2, "'('"),
        ("a.html", "<script>\nlet a\n", 1, "element"),
    ],
)
def test_tells_the_line_of_the_page(path: str, text: str, line: int, part: str) -> None:
    (defect,) = defects_in(path, text)
    assert (defect.line, part in defect.message) == (line, True), defect
