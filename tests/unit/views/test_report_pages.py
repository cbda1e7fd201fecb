"""The reports in their forms, held to what they are made of and to hostile text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from orchestra.metrics.overall_figures import overall_figures
from orchestra.metrics.session_figures import SessionFigures, session_figures
from orchestra.records import FileOutcome, Task
from orchestra.state.history import History, StepSpan
from orchestra.views.html_page import table
from orchestra.views.overall_page import overall_page
from orchestra.views.prometheus import overall_prometheus, session_prometheus
from orchestra.views.report_json import overall_report_json, session_report_json
from orchestra.views.report_page import session_page
from orchestra.views.report_text import overall_report_text, session_report_text
from tests.unit.fake_clock import START
from tests.unit.metrics.histories import attempt, history, told

HOSTILE = "</title><script>alert(1)</script><img src=x onerror='x'>&\"\x00\u202e\ud800 end"
EVENTS = (
    told("step.completed", from_cache=True, saved_tokens=1234, saved_cost=0.5),
    told("recovery.ended", path=HOSTILE, recovered=True, attempts=2),
)
HISTORY = replace(
    history(
        attempt(1, "p/first", role="architect", path=None, cost="0.01"),
        attempt(2, "p/first", path=HOSTILE, code="RATE_LIMIT_429"), attempt(2, "q/second", path=HOSTILE, cost="0.02"),
        events=EVENTS, task=Task(HOSTILE, "words"),
    ),
    outcomes=(FileOutcome(HOSTILE, "create", "approved", 2, recovered=True, error=HOSTILE),),
    steps=(StepSpan(2, "executor", HOSTILE, "completed", START, START.replace(minute=16)),),
    phases=(("executing", START), ("completed", START.replace(minute=17))),
)
EMPTY = history()


def figures(one: object = HISTORY) -> SessionFigures:
    return session_figures(one, now=START)  # type: ignore[arg-type]


class Strict(HTMLParser):
    """Every tag closed in its order; what would load or run is noted."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.active: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link"):
            self.open.append(tag)
        values = dict(attrs)
        if tag in ("script", "img", "iframe", "object") or any(name.startswith("on") for name in values):
            self.active.append(tag)
        for name in ("src", "href", "xlink:href"):
            if name in values and values[name] != "data:,":
                self.active.append(f"{tag} {name}")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize("page", [
    session_page(figures()), session_page(figures(EMPTY)), overall_page(overall_figures([HISTORY])),
    overall_page(overall_figures([])),
])
def test_a_page_is_well_formed_and_loads_and_runs_nothing(page: str) -> None:
    found = Strict()
    found.feed(page)
    found.close()
    assert (found.open, found.active) == ([], [])
    assert "url(" not in page and "@import" not in page and "default-src 'none'" in page
    page.encode("utf-8")
    for picture in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ElementTree.fromstring(picture)
    assert not re.search(r"[\x00-\x08\u202a-\u202e]", page)


def test_only_a_long_cell_may_be_broken_so_that_a_narrow_page_scrolls_its_tables() -> None:
    long = "src/a/rather/long/path/to/a/module.py"
    markup = table(["file", "status", "calls"], [[long, "approved", "12"]], right={2})
    assert f'<td class="long">{long}</td><td>approved</td><td class="right">12</td>' in markup
    assert markup.startswith('<div class="scroll">')


def test_a_page_shows_hostile_text_as_text() -> None:
    found = Strict()
    found.feed(session_page(figures()))
    assert "<script>alert(1)</script>" in found.words


def test_a_page_has_a_picture_for_each_question() -> None:
    page = session_page(figures())
    for heading in ("Agents and files over time", "Cost and tokens by role and model", "Latency by model",
                    "Faults and fallbacks", "Files", "Caches"):
        assert f"<h2>{heading}</h2>" in page
    assert page.count("<svg") == 7
    for axis in ("time since the start", "cost in USD", "tokens", "seconds, at most", "failed calls", "audits"):
        assert axis in page


@pytest.mark.parametrize("text", [session_report_text(figures()), overall_report_text(overall_figures([HISTORY]))])
def test_the_text_has_cost_latency_faults_fallbacks_and_savings(text: str) -> None:
    for said in ("$0.0300", "RATE_LIMIT_429", "p/first -> q/second", "1 answers from the cache", "$0.5000 saved"):
        assert said in text


def test_the_text_across_sessions_has_rates() -> None:
    text = overall_report_text(overall_figures([HISTORY, history(number=1, exit_status=1)]))
    assert "1 of 2 (50 %)" in text and "aim of $0.1000" in text and "1 of 1 (100 %) files that needed it" in text


def many(sessions: int, hours_each: int) -> list[History]:
    return [
        history(attempt(number, "p/first", cost="0.01", hours=number * hours_each), number=number * hours_each)
        for number in range(sessions)
    ]


def test_of_many_days_the_text_shows_the_newest_and_says_where_the_others_are() -> None:
    text = overall_report_text(overall_figures(many(40, 24)))
    assert text.count(" of 1 answered") == 14 and "26 earlier days: `orchestra report --all --format html`" in text
    assert "2027-" not in text and "2026-12-31" in text
    assert "earlier" not in overall_report_text(overall_figures(many(14, 24)))


def test_of_many_sessions_the_page_says_that_it_shows_the_newest() -> None:
    page = overall_page(overall_figures(many(201, 1)))
    assert "Cost of the newest 200 of 201 sessions" in page and "The newest 200 of 201 sessions" in page
    assert "<td>s-1</td>" in page and "<td>s-0</td>" not in page
    assert "newest" not in overall_page(overall_figures(many(3, 1)))


def test_a_model_has_one_colour_in_all_charts_over_time() -> None:
    page = overall_page(overall_figures([HISTORY, history(attempt(9, "a/down", code="CONNECTION"))]))
    keys = re.findall(r'swatch (s\d)"[^>]*></i>([a-z]+/[a-z]+)<', page)
    assert {"a/down", "p/first", "q/second"} == {name for _, name in keys}
    assert len(set(keys)) == 3 < len(keys)


def test_without_a_price_the_text_across_sessions_says_so_once() -> None:
    assert "cost      no price\n" in overall_report_text(overall_figures([history(attempt(1, "p/first"))]))


@pytest.mark.parametrize("found", [
    session_report_json(figures()), session_report_json(figures(EMPTY)),
    overall_report_json(overall_figures([HISTORY])), overall_report_json(overall_figures([])),
])
def test_json_is_plain_and_what_is_unknown_is_null(found: dict[str, object]) -> None:
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert {"usage", "latency", "faults", "fallbacks", "cache"} <= set(found)


SAMPLE = re.compile(r'orchestra_[a-z_]+(\{([a-z]+="(?:[^"\\\n]|\\[\\n"])*",?)+\})? -?[0-9.e+-]+')


@pytest.mark.parametrize("text", [session_prometheus(figures()), overall_prometheus(overall_figures([HISTORY]))])
def test_every_line_for_prometheus_is_a_comment_or_a_sample_of_the_family_above(text: str) -> None:
    family, families = "", []
    assert text.endswith("\n")
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            family = line.split(" ")[2]
            families.append(family)
        elif not line.startswith("# TYPE "):
            assert SAMPLE.fullmatch(line), line
            assert line.startswith(family)
    assert len(families) == len(set(families)) > 5


def test_a_histogram_for_prometheus_counts_upwards_to_all() -> None:
    text = overall_prometheus(overall_figures([HISTORY]))
    counts = [int(line.rpartition(" ")[2]) for line in text.splitlines() if 'model="q/second",le=' in line]
    assert counts == sorted(counts) and counts[-1] == 1
    assert 'orchestra_latency_seconds_count{model="q/second"} 1\n' in text
    assert 'le="+Inf"' in text


def test_labels_for_prometheus_are_escaped() -> None:
    one = replace(HISTORY, outcomes=(FileOutcome('a\\b"c\nd', "create", "approved"),))
    assert r'path="a\\b\"c\nd"' in session_prometheus(figures(one))
