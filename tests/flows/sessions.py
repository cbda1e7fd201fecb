"""Three sessions as they are had with real models: a repository, a task, what four models say, and what comes of it.

The answers are written as such models write them: with prose around, in edits or as whole files. They are recorded
with the models of the default chains, so that a cassette says what the session costs at list prices.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Sequence

from orchestra.demo.provider import ScriptedProvider
from orchestra.demo.routes import Lines, by_file, by_model
from tests.flows.project import Project, Ran
from tests.flows.team import APPROVED, block

KEYS = {name: "no-key-at-all" for name in ("MOONSHOT_API_KEY", "ZAI_API_KEY", "GEMINI_API_KEY", "OPENAI_API_KEY")}
PROTOCOLS = {"moonshot": "openai-chat", "zai": "openai-chat", "gemini": "gemini", "openai": "openai-responses"}
FLAGS = ("--yes", "--test", "--commit", "--json")


@dataclass(frozen=True)
class Session:
    """One of them."""

    name: str
    task: str
    before: Mapping[str, str]
    after: Mapping[str, str | None]
    """Path to text of what the change leaves; None for what it deletes."""
    plan: Mapping[str, Any]
    drafts: Mapping[str, Lines]
    reviews: Mapping[str, Lines]
    whole_reviews: Sequence[str]
    mends: Mapping[str, Lines]
    blames: str | None = None

    @property
    def cassette(self) -> Path:
        return Path(__file__).with_name("cassettes") / f"{self.name}.jsonl"

    def begin(self, project: Project) -> None:
        """Make the repository."""
        for path, text in self.before.items():
            project.write(path, text)
        project.git("add", "--all")
        project.git("commit", "--quiet", "--message=as it was")

    def record(self, project: Project) -> Ran:
        """Have the models say it all, and write the cassette anew."""
        self.cassette.unlink(missing_ok=True)
        script = by_model({
            "kimi-k2.6": "I have read the files that matter; this is how I would do it.\n\n" + block(self.plan),
            "glm-4.7": by_file(self.drafts),
            "gemini-3.1-pro-preview": by_file({None: self.whole_reviews, **self.reviews}),
            "gpt-5.3-codex": by_file(self.mends, otherwise=self.blames),
        })
        with ScriptedProvider(script) as provider:
            providers = {name: {"base_url": provider.base_url(protocol)} for name, protocol in PROTOCOLS.items()}
            ran = project.run(
                "run", self.task, *FLAGS, "--record", str(self.cassette), settings={"providers": providers},
                variables=KEYS,
            )
            assert not provider.errors, f"{provider.errors}\n{ran.err}"
        self.cassette.chmod(0o644)
        return ran

    def replay(self, project: Project) -> Ran:
        """Without a key, a configuration or a server."""
        return project.run("run", self.task, *FLAGS, "--offline", "--replay", str(self.cassette))


def _file(path: str, action: str, description: str, *criteria: str, after: Sequence[str] = ()) -> dict[str, Any]:
    return {
        "path": path, "action": action, "description": description, "depends_on": list(after),
        "criteria": list(criteria),
    }


def _objection(message: str, suggestion: str, *, line: int | None = None, path: str | None = None) -> str:
    issue = {"severity": "error", "line": line, "message": message, "suggestion": suggestion}
    return "I went through it against the plan. One thing is not right.\n\n" + block(
        {"verdict": "needs_work", "issues": [issue if path is None else {"path": path, **issue}]}
    )


def _change(*edits: tuple[str, str], said: str = "Here is the change:") -> str:
    blocks = "\n\n".join(f"<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE" for old, new in edits)
    return f"{said}\n\n{blocks}\n\nThe rest of the file stays as it is.\n"


def _whole(text: str, *, said: str, language: str = "python") -> str:
    return f"{said}\n\n```{language}\n{text}```\n"


# A new feature in several files

_STORE = '''"""What lies on the shelves."""

from typing import Dict


class Store:
    """Counts articles by name."""

    def __init__(self) -> None:
        self._counts: Dict[str, int] = {}

    def add(self, name: str, count: int = 1) -> None:
        if count < 1:
            raise ValueError("count must be at least 1")
        self._counts[name] = self._counts.get(name, 0) + count

    def counts(self) -> Dict[str, int]:
        return dict(self._counts)
'''
_STORE_TESTS = '''import unittest

from stockroom.store import Store


class StoreTest(unittest.TestCase):
    def test_counts_add_up(self):
        store = Store()
        store.add("bolt", 2)
        store.add("bolt")
        self.assertEqual(store.counts(), {"bolt": 3})


if __name__ == "__main__":
    unittest.main()
'''
_EXPORT_DRAFT = '''"""The stock as CSV."""

from stockroom.store import Store

HEADER = ("article", "count")


def to_csv(store: Store) -> str:
    """One line for each article, sorted by name, below a header."""
    lines = [",".join(HEADER)]
    for name, count in sorted(store.counts().items()):
        lines.append(f"{name},{count}")
    return "\\n".join(lines) + "\\n"
'''
_EXPORT = '''"""The stock as CSV."""

import csv
import io

from stockroom.store import Store

HEADER = ("article", "count")


def to_csv(store: Store) -> str:
    """One line for each article, sorted by name, below a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\\n")
    writer.writerow(HEADER)
    writer.writerows(sorted(store.counts().items()))
    return text.getvalue()
'''
_MAIN = '''"""`python -m stockroom ARTICLE=COUNT ...` prints the stock as CSV."""

import sys
from typing import List

from stockroom.export import to_csv
from stockroom.store import Store


def main(arguments: List[str]) -> int:
    store = Store()
    for argument in arguments:
        name, _, count = argument.rpartition("=")
        store.add(name, int(count))
    sys.stdout.write(to_csv(store))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
'''
_EXPORT_TESTS = '''import contextlib
import io
import unittest

from stockroom.__main__ import main
from stockroom.export import to_csv
from stockroom.store import Store


class ExportTest(unittest.TestCase):
    def test_articles_are_sorted_below_the_header(self):
        store = Store()
        store.add("nut", 5)
        store.add("bolt", 2)
        self.assertEqual(to_csv(store), "article,count\\nbolt,2\\nnut,5\\n")

    def test_a_name_with_a_comma_is_quoted(self):
        store = Store()
        store.add("bolt, M6")
        self.assertIn('"bolt, M6",1\\n', to_csv(store))

    def test_the_command_prints_what_it_is_given(self):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            self.assertEqual(main(["bolt=2"]), 0)
        self.assertEqual(printed.getvalue(), "article,count\\nbolt,2\\n")


if __name__ == "__main__":
    unittest.main()
'''
_STOCKROOM_README = "# stockroom\n\nCounts what lies on the shelves.\n"
_STOCKROOM_README_AFTER = _STOCKROOM_README + (
    "\n`python -m stockroom bolt=2 nut=5` prints the stock as CSV, names with commas quoted.\n"
)

FEATURE = Session(
    name="feature",
    task="Let the stock be exported as CSV: a function to_csv in stockroom/export.py, a command"
    " `python -m stockroom ARTICLE=COUNT ...` that prints it, tests for both, and a line in README.md",
    before={
        "README.md": _STOCKROOM_README, "stockroom/__init__.py": "", "stockroom/store.py": _STORE,
        "tests/__init__.py": "", "tests/test_store.py": _STORE_TESTS,
    },
    after={
        "README.md": _STOCKROOM_README_AFTER, "stockroom/export.py": _EXPORT, "stockroom/__main__.py": _MAIN,
        "tests/test_export.py": _EXPORT_TESTS,
    },
    plan={
        "summary": "Export the stock as CSV, from code and from the command line.",
        "files": [
            _file(
                "stockroom/export.py", "create", "to_csv(store) gives the whole stock as CSV text.",
                "a header `article,count`, then the articles sorted by name", "names with commas or quotes survive",
            ),
            _file(
                "stockroom/__main__.py", "create", "main(arguments) fills a Store from them and prints its CSV.",
                "returns 0 and prints exactly what to_csv gives", after=["stockroom/export.py"],
            ),
            _file(
                "tests/test_export.py", "create", "Tests for to_csv and for the command.",
                "a name with a comma is tested", after=["stockroom/export.py", "stockroom/__main__.py"],
            ),
            _file("README.md", "modify", "Say how the stock is printed as CSV."),
        ],
        "tests": ["sorted lines below the header", "a name with a comma", "the command prints what to_csv gives"],
        "commit": {
            "type": "feat", "scope": "export", "subject": "print the stock as CSV",
            "body": "From code with to_csv, from a shell with python -m stockroom.",
        },
    },
    drafts={
        "stockroom/export.py": _whole(
            _EXPORT_DRAFT, said="The module below builds the text line by line; it needs nothing beyond the store."
        ),
        "stockroom/__main__.py": _whole(_MAIN, said="`main` takes its arguments, so that the tests can call it:"),
        "tests/test_export.py": _whole(_EXPORT_TESTS, said="Three tests, one for each criterion of the plan."),
        "README.md": _change((
            "Counts what lies on the shelves.\n",
            "Counts what lies on the shelves.\n\n`python -m stockroom bolt=2 nut=5` prints the stock as CSV, names with"
            " commas quoted.\n",
        ), said="One paragraph more:"),
    },
    reviews={
        "stockroom/export.py": [
            _objection(
                "A name with a comma or a quote is written as it is, so that its line has too many fields; the"
                " criterion says that such names survive.",
                "Write the rows with csv.writer and lineterminator=\"\\n\".", line=12,
            ),
            "The rows are written by `csv.writer` now; both criteria hold.\n\n" + APPROVED,
        ],
        "stockroom/__main__.py": "It prints exactly what `to_csv` gives.\n\n" + APPROVED,
        "tests/test_export.py": APPROVED,
        "README.md": APPROVED,
    },
    whole_reviews=["The names meet: `to_csv` and `main` are what the tests import.\n\n" + APPROVED],
    mends={
        "stockroom/export.py": _change(
            ("from stockroom.store import Store\n", "import csv\nimport io\n\nfrom stockroom.store import Store\n"),
            (
                '    lines = [",".join(HEADER)]\n    for name, count in sorted(store.counts().items()):\n'
                '        lines.append(f"{name},{count}")\n    return "\\n".join(lines) + "\\n"\n',
                '    text = io.StringIO()\n    writer = csv.writer(text, lineterminator="\\n")\n'
                "    writer.writerow(HEADER)\n    writer.writerows(sorted(store.counts().items()))\n"
                "    return text.getvalue()\n",
            ),
            said="The finding is right: joining by hand loses names with commas. `csv.writer` quotes them.",
        ),
    },
)

# A bug, found and mended by failing tests

_INVOICE = '''"""Invoices: amounts in cents, rates in percent."""

from dataclasses import dataclass
from typing import Tuple

TAX_RATE = 19


@dataclass(frozen=True)
class Line:
    text: str
    cents: int


@dataclass(frozen=True)
class Invoice:
    lines: Tuple[Line, ...]
    discount_rate: int = 0

    def net(self) -> int:
        return sum(line.cents for line in self.lines)

    def discount(self) -> int:
        return rounded(self.net() * self.discount_rate)

    def tax(self) -> int:
        return rounded(self.net() * TAX_RATE)

    def total(self) -> int:
        return self.net() - self.discount() + self.tax()


def rounded(hundredths: int) -> int:
    """Half a cent is rounded up."""
    return (hundredths + 50) // 100
'''
_INVOICE_TESTS = '''import unittest

from billing.invoice import Invoice, Line


class InvoiceTest(unittest.TestCase):
    def test_without_a_discount(self):
        invoice = Invoice((Line("work", 10000), Line("travel", 2550)))
        self.assertEqual((invoice.net(), invoice.tax(), invoice.total()), (12550, 2385, 14935))

    def test_half_a_cent_is_rounded_up(self):
        self.assertEqual(Invoice((Line("stamp", 50),)).tax(), 10)

    def test_tax_is_due_on_what_is_paid(self):
        invoice = Invoice((Line("work", 10000),), discount_rate=10)
        self.assertEqual((invoice.tax(), invoice.total()), (1710, 10710))


if __name__ == "__main__":
    unittest.main()
'''
_TAX_OLD = "    def tax(self) -> int:\n        return rounded(self.net() * TAX_RATE)\n"
_TAX_DRAFT = (
    "    def tax(self) -> int:\n        return (self.net() - self.discount()) * TAX_RATE // 100\n"
)
_TAX_NEW = "    def tax(self) -> int:\n        return rounded((self.net() - self.discount()) * TAX_RATE)\n"

BUG_FIX = Session(
    name="bug-fix",
    task="tests/test_invoice.py has a failing test: the tax of an invoice with a discount is too high. Find the bug"
    " and mend it",
    before={
        "billing/__init__.py": "", "billing/invoice.py": _INVOICE, "tests/__init__.py": "",
        "tests/test_invoice.py": _INVOICE_TESTS,
    },
    after={"billing/invoice.py": _INVOICE.replace(_TAX_OLD, _TAX_NEW)},
    plan={
        "summary": "Charge tax on the net amount less the discount.",
        "files": [_file(
            "billing/invoice.py", "modify", "Invoice.tax() is reckoned from net(); subtract discount() first.",
            "an invoice over 100.00 with 10 % discount has 17.10 tax",
        )],
        "tests": ["test_tax_is_due_on_what_is_paid passes, and all that passed before"],
        "commit": {
            "type": "fix", "scope": "billing", "subject": "charge tax on the discounted amount", "body": "",
        },
    },
    drafts={"billing/invoice.py": _change(
        (_TAX_OLD, _TAX_DRAFT), said="The tax was reckoned from the full net amount. I subtract the discount first:"
    )},
    reviews={"billing/invoice.py": [
        "10000 less 1000 is 9000, and 19 % of that is 1710, as the criterion wants.\n\n" + APPROVED,
        "Rounded as before, from the discounted amount.\n\n" + APPROVED,
    ]},
    whole_reviews=[],
    mends={"billing/invoice.py": _change(
        (_TAX_DRAFT, _TAX_NEW), said="The cut-off division is the cause. `rounded` takes hundredths, so:"
    )},
    blames="`// 100` cuts half a cent off where `rounded` rounded it up.\n\n" + block({"fixes": [{
        "path": "billing/invoice.py",
        "message": "tax() divides with // and so rounds down: test_half_a_cent_is_rounded_up gets 9 for 10, and"
        " test_without_a_discount 2384 for 2385. It must go through rounded() as before, with the discounted amount.",
    }]}),
)

# A refactoring across files

_CONFIG = '''"""Settings from a file of `name = value` lines."""

from typing import Dict


def load(path: str) -> Dict[str, str]:
    settings = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            name, separator, value = line.partition("=")
            if separator:
                settings[name.strip()] = value.strip()
    return settings
'''
_SETTINGS = _CONFIG.replace("def load(", "def read_settings(")
_SERVER = '''"""A server that says how it is set up."""

from app.config import load


class Server:
    def __init__(self, path: str) -> None:
        self._path = path
        self.settings = load(path)

    def address(self) -> str:
        return "%s:%s" % (self.settings["host"], self.settings["port"])

    def reload(self) -> None:
        from app import config

        self.settings = config.load(self._path)
'''
_SERVER_DRAFT = _SERVER.replace("from app.config import load\n", "from app.settings import read_settings\n").replace(
    "        self.settings = load(path)\n", "        self.settings = read_settings(path)\n"
)
_SERVER_AFTER = _SERVER_DRAFT.replace(
    "        from app import config\n\n        self.settings = config.load(self._path)\n",
    "        self.settings = read_settings(self._path)\n",
)
_REPORT = '''"""What a settings file holds, for people."""

from app.config import load


def report(path: str) -> str:
    return "\\n".join("%s: %s" % item for item in sorted(load(path).items()))
'''
_REPORT_AFTER = _REPORT.replace("app.config import load", "app.settings import read_settings").replace(
    "sorted(load(", "sorted(read_settings("
)
_APP_TESTS = '''import os
import tempfile
import unittest

from app.report import report
from app.server import Server


class AppTest(unittest.TestCase):
    def setUp(self):
        handle, self.path = tempfile.mkstemp()
        os.write(handle, b"host = here\\nport = 80\\n")
        os.close(handle)
        self.addCleanup(os.unlink, self.path)

    def test_the_address(self):
        self.assertEqual(Server(self.path).address(), "here:80")

    def test_the_report(self):
        self.assertEqual(report(self.path), "host: here\\nport: 80")


if __name__ == "__main__":
    unittest.main()
'''

REFACTORING = Session(
    name="refactoring",
    task="Rename the function load of app/config.py to read_settings and the module to app/settings.py, and have all of"
    " its callers use the new names",
    before={
        "app/__init__.py": "", "app/config.py": _CONFIG, "app/server.py": _SERVER, "app/report.py": _REPORT,
        "tests/__init__.py": "", "tests/test_app.py": _APP_TESTS,
    },
    after={
        "app/config.py": None, "app/settings.py": _SETTINGS, "app/server.py": _SERVER_AFTER,
        "app/report.py": _REPORT_AFTER,
    },
    plan={
        "summary": "Move load() of app/config.py to read_settings() of app/settings.py.",
        "files": [
            _file("app/settings.py", "create", "What app/config.py holds, with load renamed to read_settings."),
            _file(
                "app/server.py", "modify", "Use read_settings from app.settings.", "no import of app.config",
                after=["app/settings.py"],
            ),
            _file("app/report.py", "modify", "Use read_settings from app.settings.", after=["app/settings.py"]),
            _file(
                "app/config.py", "delete", "Its content is app/settings.py now.",
                after=["app/server.py", "app/report.py"],
            ),
        ],
        "tests": ["the tests pass as before"],
        "commit": {
            "type": "refactor", "scope": "", "subject": "call settings what they are",
            "body": "load of app.config is read_settings of app.settings.",
        },
    },
    drafts={
        "app/settings.py": _whole(_SETTINGS, said="The module under its new name, otherwise word for word:"),
        "app/server.py": _change(
            ("from app.config import load\n", "from app.settings import read_settings\n"),
            ("        self.settings = load(path)\n", "        self.settings = read_settings(path)\n"),
            said="The import and the call:",
        ),
        "app/report.py": _change(
            ("from app.config import load\n", "from app.settings import read_settings\n"),
            (
                '    return "\\n".join("%s: %s" % item for item in sorted(load(path).items()))\n',
                '    return "\\n".join("%s: %s" % item for item in sorted(read_settings(path).items()))\n',
            ),
        ),
    },
    reviews={
        "app/settings.py": APPROVED,
        "app/server.py": ["The import is the new one.\n\n" + APPROVED, "No word of `config` is left.\n\n" + APPROVED],
        "app/report.py": APPROVED,
        "app/config.py": "Nothing of it is lost.\n\n" + APPROVED,
    },
    whole_reviews=[
        _objection(
            "`reload` still imports `app.config`, which the change deletes: it fails with ImportError when it is"
            " called, and no test calls it.",
            "Call read_settings(self._path) there, too.", line=15, path="app/server.py",
        ),
        "All callers use `app.settings` now.\n\n" + APPROVED,
    ],
    mends={"app/server.py": _change(
        (
            "        from app import config\n\n        self.settings = config.load(self._path)\n",
            "        self.settings = read_settings(self._path)\n",
        ),
        said="`reload` was missed since it imports the module in its own body. It can use the name from the top:",
    )},
)

SESSIONS = (FEATURE, BUG_FIX, REFACTORING)
