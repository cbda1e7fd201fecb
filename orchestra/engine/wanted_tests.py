"""Which tests that failed before the change it is meant to mend, by what the task says, and the plan."""

from __future__ import annotations

import re
from typing import Sequence

from orchestra.records import Plan

_OWN, _FILE, _OTHER = "\x01", "\x02", "\x03"
"""Stand in a text for the test in question, for its file or class, and for another test or file of tests."""
_TOKEN = re.compile(r"[\w./\\:#@-]*\w/?(?:\[[^\]\s]*\])?")
_OF_TESTS = re.compile(r"(?i:(?:\b|_)(?:tests?|specs?)(?=[_/]|\.\w|::)|_tests?\b)|\bTest[A-Z]|[a-z]Tests?\b")
_QUOTES = re.compile("[`\"“”«»]")
_ENDING = re.compile(r"\.\w{1,5}\Z")
_PARAMETERS = re.compile(r"[\[(].*\Z", re.DOTALL)
_SEPARATOR = re.compile(r"::|[./#\\]|\s+[>›]\s+")
_TELLING = re.compile(r"(?i)\w_\w|test\w|\wtest|spec\w|\wspec|\s")
_LEAST = 5
_GENERAL = re.compile(r"(?i)(?:unit|py)?_?tests?|specs?|unittest")
_HIDING = re.compile(r"unittest\.loader\._FailedTest\..+|[^>:\s]+\.(?:py|[cm]?[jt]sx?)")
_HIDING_ALL = re.compile(r"command|the start of .+")
_CLAUSES = re.compile(
    r"[.!?]+(?=\s|\Z)|(?=:\s)(?!:\s*[\x01\x02])|[;,\n()。，；：！？、—–]|\s-\s|(?i:\b(?:and|but|then|und|aber|dann)\b)"
    r"(?= (?:please )?(?:fix|mend|repair|make|get|have|let|ensure|find|debug)\b)"
)
_THE = (
    r"(?:(?:all|both|the|this|that|these|those|our|my|its|any|every|each|of|an?|one|two|three|remaining|other|existing"
    r"|whole|entire|failing|failed|broken|red|flaky|unit|integration|regression|ci|currently|\d+)\s+){0,6}"
)
_IN = r" (?:in|of|from|under|for)(?: the| file){0,2} "
_TESTS = (
    r"(?<![\w/.@-])(?:unit-?|pytest )?(?:tests?|specs?|pytest|unittest|jest)(?![\w/@-]|\.\w|['’](?:s\b|\s))"
    rf"(?:[ -](?:suites?|cases?|runs?)\b)?(?!{_IN}{_OTHER})"
)
_SUBJECT = rf"(?:{_THE}(?:(?:pytest |jest )?[{_OWN}{_FILE}]|{_TESTS}(?:{_IN}{_FILE})?))"
_MEND = r"\b(?:fix|fixes|fixing|mend|repair|resolve|solve|address|debug|investigate|unbreak|correct)\b"
_NO_NOUN = (
    r"(?=\s*(?:\Z|[^\w\s-])|\s+(?:failures?|errors?|in|of|for|from|that|which|and|so|by|on|under|again|after|since|when"
    r"|without|with|as|until|before|once|too|please|now|first|failing)\b)"
)
"""After what is to be mended: not `tests page`."""
_THEN = r"(?:(?:should|to|all|now|again|must|then|be|is|are|both)\s+){0,4}"
_PASS = r"(?:pass|passes|passing|green|succeeds?|working|works?)\b(?!-)" + _NO_NOUN
_FAIL = r"(?:fail|fails|failed|failing|broken|broke|red|crash|crashes)\b"
_BE = r"(?:(?:is|are|was|were|has|have|all|now|still|currently|do|does|been)\s+){0,3}"
_WISH = re.compile(
    rf"(?i){_MEND}\s+{_SUBJECT}{_NO_NOUN}"
    rf"|\b(?:make|get|have|let|ensure|sure|until|so|that|bring)\s+{_SUBJECT}\s+{_THEN}{_PASS}"
    rf"|\b(?:make|get|have) (?:it|them|these|those) {_THEN}(?:pass|green)\b{_NO_NOUN}"
    rf"|{_SUBJECT}\s+(?:should|must|shall|ha(?:s|ve) to|needs? to|ought to)\s+{_THEN}{_PASS}"
    rf"|{_MEND}.{{0,80}}\b(?:bugs?|regressions?|defects?)\b.{{0,60}}{_OWN}|{_OWN}.{{0,60}}{_MEND}.{{0,60}}\bbugs?\b"
    rf"|(?:repariere|behebe|korrigiere|fixe|corrige|répare|arregla|repara|исправ|почин)\w*\s+(?:\w+\s+){{0,3}}"
    rf"(?:{_OWN}|{_FILE}|tests?|pruebas|тест\w*)(?![\w-])"
    rf"|(?:{_OWN}|{_FILE}|\btests?)\s+(?:\w+\s+){{0,3}}(?:zum laufen|grün|reparieren|beheben)"
    r"|fehlschlagende\w* tests?|失败的测试|测试.{0,4}(?:失败|不通过|没有通过)"
    rf"|(?:{_OWN}|{_FILE}|\btests?) (?:\S+ ){{0,4}}(?:schl(?:agen|ägt) fehl|(?:ist|sind) (?:rot|kaputt))"
    rf"|{_MEND}\s+(?:whatever|what|everything|all|the|any)\s+(?:that )?(?:fails|failures?|is failing)(?=\W*\Z)"
    rf"|修[复正].{{0,8}}(?:测试|{_OWN}|{_FILE})|[让使].{{0,8}}(?:测试|{_OWN}|{_FILE}).{{0,4}}通过"
    r"|テスト.{0,8}(?:失敗|落ち|通ら|通る|パス)"
)
"""What asks for tests to pass."""
_FAILURE = re.compile(
    rf"(?i){_SUBJECT}(?: (?:in|of|from) \S+)?\s+{_BE}(?:{_FAIL}|not pass(?:es|ing)?\b)"
    rf"|{_SUBJECT} (?:do|does|did)n['’]?t pass\b|{_TESTS} failures?\b"
    rf"|{_SUBJECT} (?:has|have) (?:an? )?(?:errors?|{_FAIL})"
    rf"|\b(?:failing|failed|broken|red)\s+{_SUBJECT}{_NO_NOUN}"
    rf"|{_FAIL}(?: on| in| at| with| for| because of| due to|:) {_SUBJECT}"
    rf"|\b\w*(?:Error|Exception) (?:in|at|from) {_SUBJECT}|{_OWN} (?:expects|wants|gets|raises|throws|shows|reports)\b"
)
"""What says that tests fail; a task may say so to have them mended."""
_FAIL_FIRST = re.compile(r"(?i)failing|failed|broken|red")
_AGAINST = re.compile(
    r"(?i)\b(?:not|don['’]?t|never|without|needn['’]?t|instead|avoid|rather|ignor\w*|skip\w*|leav\w*|if|when|unless"
    r"|even|how|add|write|create|mark|delete|remove|disable|rename|report|print|show|count|list|retry|document|exit"
    r"|stop|typos?|names?|docstrings?|comments?|wording|format\w*|replace|reword|change(?=\s*\Z)"
    r"|nicht|(?:ergänz|schreib|füge|erstell|lösch|markier)\w*|ignorier\w*|sans|sin)\b|不要|无需|忽略|别"
)
"""What before a wish in the same clause makes it none."""
_EXCUSE = re.compile(
    r"(?i)\b(?:anyway|already|known|ignor\w*|never mind|regardless|unrelated|another|other reasons?|windows|mac\w*|my"
    r"|without|may|might|could|would|can|if|when|whenever|unless|even|missing|due|before|expected|fine|sometimes|not to"
    r"|worry|how many|silently|loudly)\b"
)
_MENDING = re.compile(rf"(?i){_MEND}|\b(?:find|look into|why|help|heal)\b")
_MENDING_THEM = re.compile(rf"(?i){_MEND}\s*(?:\Z|(?:it|them|this|that|these|those)\b)|\bfind out\b|\bwhy\b")
_OF_WORDS = re.compile(r"(?i)\b(?:typos?|readme|docs?|docstrings?|comments?|wording|spelling)\b")
_PASSES = re.compile(rf"(?i){_OWN}\W{{0,3}}\s*{_THEN}(?:pass|passes|succeeds|green)\b")
_SPEAKS_OF_TESTS = re.compile(rf"(?i){_OWN}|{_FILE}|{_TESTS}|测试|テスト|тест|pruebas")
_FEW_WORDS = 3
_MOST_READ, _MOST_CLAUSES = 8_000, 150
"""Characters and clauses of a task: what it asks for stands at its beginning or, as a rule, nowhere."""


def is_wanted(failure_id: str, task: str, plan: Plan) -> bool:
    """Whether the task asks to have this test pass, by its own name, its file's, or as one of all that fail.

    Of the plan only what is to be tested counts, and there a test's own name alone.
    """
    text = _marked(task[:_MOST_READ], failure_id)
    if _SPEAKS_OF_TESTS.search(text) and _is_wish(_CLAUSES.split(text)[:_MOST_CLAUSES]):
        return True
    tests = [_marked(said, failure_id) for said in plan.tests]
    return any(_holds(_PASSES, clause) for said in tests if _OWN in said for clause in _CLAUSES.split(said))


def _marked(text: str, failure_id: str) -> str:
    """The text with marks in place of tests and their files, and without quotation marks."""
    text = _QUOTES.sub("", text)
    parts = [part for part in _SEPARATOR.split(_PARAMETERS.sub("", failure_id)) if part]
    if not parts or _HIDING_ALL.fullmatch(failure_id):
        return _TOKEN.sub(lambda it: _OWN if _OF_TESTS.search(it[0]) else it[0], text)
    telling = [part for part in parts if len(part) >= _LEAST and _TELLING.search(part) and not _GENERAL.fullmatch(part)]
    own = parts[-1] if parts[-1] in telling else ""
    if " " in own:
        text = text.replace(own, _OWN)
    others = [part for part in telling if part != own or _HIDING.fullmatch(failure_id)]
    is_hidden = _HIDING.fullmatch(failure_id) is not None

    def mark(match: re.Match[str]) -> str:
        token = match[0].rstrip(".:")
        end = match[0][len(token):]
        if own and not is_hidden and _names(token, own):
            return _OWN + end
        folder = token.strip("/").replace("/", ".")
        stem = _SEPARATOR.split(_ENDING.sub("", token))[-1]
        is_path = "/" in token and (".".join(parts) + ".").startswith(folder + ".")
        if is_path or any(_names(token, part) for part in others) or _ENDING.search(token) and stem in parts:
            return _FILE + end
        if _OF_TESTS.search(token):
            # A file whose tests cannot be read may hold the one that is meant.
            return (_FILE if is_hidden and not re.search(r"[./]", token) else _OTHER) + end
        return match[0]

    return _TOKEN.sub(mark, text)


def _is_wish(clauses: Sequence[str]) -> bool:
    return any(_holds(_WISH, clause) for clause in clauses) or any(
        _is_to_be_mended(clauses, number, failure)
        for number, clause in enumerate(clauses) for failure in [_FAILURE.search(clause)] if failure is not None
    )


def _is_to_be_mended(clauses: Sequence[str], number: int, failure: re.Match[str]) -> bool:
    """Whether a task with these clauses, one of which says that the test fails, says so to have it mended."""
    clause = clauses[number]
    before, after = clause[:failure.start()], [clause[failure.end():], *clauses[number + 1:]]
    if _AGAINST.search(before):
        return False
    if any(_holds(_MENDING_THEM, other) for other in after):
        return True
    if any(_EXCUSE.search(other) for other in clauses[number:number + 2]):
        return False
    rest = sum(len(other.split()) for other in clauses) - len(failure[0].split())
    if _OWN in failure[0] and not any(map(_AGAINST.search, clauses)):
        return True
    reasons = [clauses[number - 1]] if number and clause.startswith(":") else []
    if re.search(r"(?i)\b(?:because|since|as|weil)\b", before):
        reasons.append(before)
    if rest <= _FEW_WORDS or rest - len(after[0].split()) < _FEW_WORDS and not _FAIL_FIRST.match(failure[0]):
        return True
    return any(
        _holds(_MENDING, other) and not _OF_WORDS.search(other) for other in [*reasons, *after]
    )


def _holds(pattern: re.Pattern[str], clause: str) -> bool:
    """Whether it is in the clause with nothing before that takes it back."""
    return any(not _AGAINST.search(clause[:match.start()]) for match in pattern.finditer(clause))


def _names(text: str, part: str) -> bool:
    return re.search(r"(?<!\w)" + re.escape(part) + r"(?!\w)", text) is not None
