"""A self-contained HTML page: nothing is loaded from anywhere, and no script runs."""

from __future__ import annotations

from typing import Collection, Sequence

from orchestra.views.svg.markup import element, escaped

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_LONG = 24
"""From so many characters on a cell may be broken."""
_STYLE = """
:root { color-scheme: light dark; --back: #fff; --text: #1d2430; --soft: #5d6878; --rule: #d8dee6; --card: #f5f7fa;
 --architect: #7a5cc7; --executor: #1f77b4; --auditor: #c47f00; --consultant: #2a9d6f; --bad: #d0343a;
 --answers: #1f77b4; --input: #7fb2dc; --output: #1f77b4; --phase: #aeb8c4; --s4: #b0468f; --s5: #5f8f00;
 --s6: #008b9a; --s7: #8a6d52; }
@media (prefers-color-scheme: dark) { :root { --back: #12161c; --text: #e4e9f0; --soft: #9aa6b5; --rule: #2c3540;
 --card: #1a2028; --architect: #a78bfa; --executor: #58a6e6; --auditor: #e6a93a; --consultant: #4fc796; --bad: #ff6b6f;
 --answers: #58a6e6; --input: #35608a; --output: #58a6e6; --phase: #4a5665; --s4: #e07fc2; --s5: #a5cf4a;
 --s6: #3fc4d4; --s7: #c2a184; } }
body { background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif; margin: 0 auto;
 max-width: 1000px; padding: 24px 20px 60px; }
h1 { font-size: 1.45em; margin: 0 0 .2em; overflow-wrap: anywhere; }
h2 { font-size: 1.1em; margin: 2em 0 .5em; }
h3 { font-size: .95em; margin: 1em 0 .2em; overflow-wrap: anywhere; }
.sub { color: var(--soft); margin: 0; }
.tiles { display: flex; flex-wrap: wrap; gap: 12px; margin: 18px 0 0; padding: 0; list-style: none; }
.tiles li { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 8px 14px; }
.tiles b { display: block; font-size: 1.25em; font-variant-numeric: tabular-nums; }
.tiles span { color: var(--soft); font-size: .85em; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9em; font-variant-numeric: tabular-nums; }
th, td { padding: 3px 14px 3px 0; border-bottom: 1px solid var(--rule); text-align: left; vertical-align: top;
 white-space: nowrap; }
th { color: var(--soft); font-weight: 600; }
td.right, th.right { text-align: right; }
td.long { min-width: 15em; white-space: normal; overflow-wrap: anywhere; }
svg { display: block; width: 100%; height: auto; font: 11px system-ui, sans-serif; }
.grid2 { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(380px, 100%), 1fr)); gap: 8px 24px; }
svg text { fill: var(--text); } svg .mark { fill: var(--soft); } svg .axis { fill: var(--soft); font-weight: 600; }
svg .grid { stroke: var(--rule); stroke-width: 1; } svg .limit { stroke: var(--bad); stroke-dasharray: 5 4; }
.architect, .s0 { fill: var(--architect); --own: var(--architect); }
.executor, .s1 { fill: var(--executor); --own: var(--executor); }
.auditor, .s2 { fill: var(--auditor); --own: var(--auditor); }
.consultant, .s3 { fill: var(--consultant); --own: var(--consultant); }
.s4 { fill: var(--s4); --own: var(--s4); } .s5 { fill: var(--s5); --own: var(--s5); }
.s6 { fill: var(--s6); --own: var(--s6); } .s7 { fill: var(--s7); --own: var(--s7); }
.answers { fill: var(--answers); } .input { fill: var(--input); --own: var(--input); }
.output { fill: var(--output); --own: var(--output); } .bad { fill: var(--bad); --own: var(--bad); }
.part.failed { fill: var(--back); stroke: var(--bad); stroke-width: 1.5; } .phase { fill: var(--phase); }
svg .testing, svg .recovering { opacity: .75; } svg .executing, svg .auditing { opacity: .55; }
.line { fill: none; stroke: var(--own); stroke-width: 2; }
.key { margin-right: 16px; color: var(--soft); font-size: .85em; white-space: nowrap; }
@media (max-width: 760px) { section { overflow-x: auto; } section > svg { min-width: 800px; }
 h2, section > p { position: sticky; left: 0; } }
.swatch { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin-right: 5px;
 background: var(--own); vertical-align: -1px; }
"""


def page(title: str, subtitle: str, tiles: Sequence[tuple[str, str]], sections: Sequence[tuple[str, str]]) -> str:
    """`tiles` are figures with what they are; sections are headings with markup, and left out where that is empty."""
    head = (
        '<meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,">'
        f"<title>{escaped(title)}</title><style>{_STYLE}</style>"
    )
    figures = "".join(element("li", element("b", escaped(value)) + element("span", escaped(what)))
                      for value, what in tiles)
    body = element("h1", escaped(title)) + element("p", escaped(subtitle), class_="sub")
    body += element("ul", figures, class_="tiles")
    body += "\n".join(
        element("section", element("h2", escaped(name)) + content) for name, content in sections if content
    )
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>{body}</body></html>\n'


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, right: Collection[int] = ()) -> str:
    """An HTML table of texts; an empty text for no rows."""
    if not rows:
        return ""
    top = "".join(element("th", escaped(name), class_=_side(place, right)) for place, name in enumerate(head))
    body = "".join(
        element("tr", "".join(
            element("td", escaped(cell), class_=_side(place, right) or _length(cell)) for place, cell in enumerate(row)
        ))
        for row in rows
    )
    return element("div", element("table", element("thead", element("tr", top)) + element("tbody", body)),
                   class_="scroll")


def key(*names: tuple[str, str]) -> str:
    """What the colours of a chart mean: class and text."""
    return element("p", " ".join(
        element("span", element("i", class_=f"swatch {class_}") + escaped(name), class_="key")
        for class_, name in names
    ))


def _length(cell: str) -> str | None:
    return "long" if len(cell) > _LONG else None


def _side(place: int, right: Collection[int]) -> str | None:
    return "right" if place in right else None
