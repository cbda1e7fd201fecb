"""Whether a draft has lost parts of the file that nobody asked to have removed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Callable, Sequence

from orchestra.records import Plan, PlannedFile
from orchestra.workspace.public_names import lost_names

FEWEST_LINES = 10
"""A file with fewer lines that are not blank is soon another one altogether."""
_MOST_NAMED = 5
# Stems: of English, German, French, Spanish, Russian, Chinese and Japanese, since a task is in the user's language.
_TAKES_AWAY = re.compile(
    r"\b(?:remov|delet|drop(?:s|ped|ping)?\b|eliminat|prun|mov(?:e|es|ed|ing)\b|relocat|extract|split|separat|renam"
    r"|replac|re-?writ|rewrote|refactor|restructur|reorgani[sz]|reduc|shorten|shrink|simplif|consolidat|merg|dedup"
    r"|unif(?:y|ies|ied)|inlin|convert|migrat|supersed|obsolet|deprecat|retir|trim|clean(?:s|ed|ing)?[ -]?up"
    r"|instead of|no longer|from scratch|get(?:ting)? rid|re-?export"
    r"|entfern|l[öo]sch|streich|verschieb|umbenenn|umbenannt|ersetz|aufteil|auslager|vereinfach|k[üu]rz"
    r"|supprim|enlev|d[ée]plac|renomm|remplac|s[ée]par|r[ée][ée]cri"
    r"|elimin|borrar?\b|quitar?\b|mover\b|mueve|renombr|reemplaz|divid|reescrib)"
    r"|удал|убра|перемест|перенес|переимен|замен|раздел|упрост|перепи"
    r"|删|移除|去掉|移动|移到|迁移|重命名|改名|替换|代替|取代|拆|分离|提取|抽取|重写|重构|精简|简化|合并|缩短"
    r"|削除|移動|名前変更|置き換え|置換|分割|書き直|統合|簡略",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Explanation:
    """What was said that a loss may be explained by."""

    order: str
    """About this file: its description, its criteria, what was found wrong with it."""
    of_rest: Callable[[], str]
    """About everything: the task, the summary, the orders for the other files. Few files are asked for it."""

    @cached_property
    def rest(self) -> str:
        return self.of_rest()


def explanation_of(task: str, plan: Plan, planned: PlannedFile, findings: Sequence[str] = ()) -> Explanation:
    """What task, plan and findings say, as far as they can explain that a part of this file is gone."""
    order = "\n".join((planned.description, *planned.criteria, *findings))

    def of_rest() -> str:
        others = [file for file in plan.files if file.path != planned.path]
        parts = [part for file in others for part in (file.description, *file.criteria)]
        return "\n".join((task, plan.summary, *parts))

    return Explanation(order, of_rest)


def find_loss(path: str, old: str, new: str, said: Explanation) -> str | None:
    """What the new text has lost of the old without a word about it, as a sentence; None where all is well.

    An order for this file that speaks of taking something away explains everything. What is said elsewhere explains
    a name that it names, and lost lines where it names the file.
    """
    if _TAKES_AWAY.search(said.order):
        return None
    names = [name for name in lost_names(path, old, new) if not _is_explained(name, said)]
    if names:
        listed = ", ".join("`%s`" % name for name in names[:_MOST_NAMED])
        more = " and %d more" % (len(names) - _MOST_NAMED) if len(names) > _MOST_NAMED else ""
        return "The draft no longer has %s%s, which the plan does not say." % (listed, more)
    before, after = _count(old), _count(new)
    if before >= FEWEST_LINES and 3 * after <= 2 * before and not _speaks_of_file(path, said.rest):
        return "The draft has %d lines that are not blank, the file had %d; the plan does not say so." % (after, before)
    return None


def _is_explained(name: str, said: Explanation) -> bool:
    pattern = r"(?a)(?<!\w)%s(?!\w)" % re.escape(name)
    if re.search(pattern, said.order):
        return True
    return any(_TAKES_AWAY.search(line) and re.search(pattern, line) for line in said.rest.split("\n"))


def _speaks_of_file(path: str, rest: str) -> bool:
    name = PurePosixPath(path).name
    return any(_TAKES_AWAY.search(line) and (name in line or path in line) for line in rest.split("\n"))


def _count(text: str) -> int:
    return sum(bool(line.strip()) for line in text.split("\n"))
