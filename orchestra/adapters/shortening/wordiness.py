"""Shorter by phrases that say in many words what one says."""

from __future__ import annotations

import re
from typing import Collection, Sequence

from orchestra.adapters.shortening.passages import Kind, Passage
from orchestra.regex import regex

_SHORT_FORMS = {
    "in order to": "to", "in order for": "for", "due to the fact that": "because",
    "owing to the fact that": "because", "because of the fact that": "because",
    "in spite of the fact that": "although", "despite the fact that": "although", "for the purpose of": "for",
    "with regard to": "about", "with respect to": "about", "in regard to": "about", "in the event that": "if",
    "in case that": "if", "under the condition that": "if", "at this point in time": "now",
    "at the present time": "now", "at the moment": "now", "a large number of": "many", "a great number of": "many",
    "the majority of": "most", "a variety of": "various", "in addition to": "besides",
    "is able to": "can", "are able to": "can", "has the ability to": "can", "have the ability to": "can",
    "is required to": "must", "are required to": "must", "make use of": "use", "makes use of": "uses",
    "making use of": "using", "prior to": "before", "subsequent to": "after", "on a regular basis": "regularly",
    "until such time as": "until", "with the exception of": "except", "in the near future": "soon",
    "each and every": "every", "in conjunction with": "with", "in accordance with": "by", "as a result of": "from",
    "take into consideration": "consider", "takes into consideration": "considers", "that is to say": "so",
    "by means of": "by", "in the course of": "during", "for the reason that": "because",
    "whether or not": "whether", "the fact that": "that",
}
_IDLE = (
    "please note that", "note that", "it should be noted that", "it is important to note that",
    "it is worth noting that", "keep in mind that", "bear in mind that", "as you can see", "as mentioned above",
    "as already mentioned", "needless to say", "of course", "basically", "essentially", "actually", "simply",
    "really", "very", "quite", "in fact", "please", "kindly", "obviously", "generally speaking",
)
_CHINESE_SHORT_FORMS = {
    "需要注意的是，": "", "值得注意的是，": "", "值得一提的是，": "", "请注意，": "", "请注意：": "", "众所周知，": "",
    "实际上，": "", "事实上，": "", "总的来说，": "", "一般来说，": "", "也就是说，": "即", "与此同时，": "同时，",
    "在这种情况下": "此时", "为了能够": "为了", "由于这个原因": "因此", "进行处理": "处理",
    "进行修改": "修改", "进行检查": "检查", "进行测试": "测试", "进行分析": "分析", "进行比较": "比较",
    "是否能够": "能否", "能够": "能", "并且": "且", "但是": "但", "如果": "若", "的时候": "时",
}
_ENDS_ANOTHER_WORD = {"能够": "功性可", "并且": "合", "但是": "不非"}
"""After these characters it is no phrase: their words end with its first character."""


def _any_of(phrases: Collection[str]) -> str:
    """The phrases as alternatives with a small or a capital first letter, grouped by it since that is much faster."""
    letters = sorted({phrase[0] for phrase in phrases})
    return "|".join(
        "[%s%s](?:%s)" % (letter, letter.upper(), "|".join(
            sorted((phrase[1:] for phrase in phrases if phrase[0] == letter), key=len, reverse=True)
        ))
        for letter in letters
    )


# With an idle phrase goes what separates it from the next word, whose first letter may have to become a capital.
_ENGLISH = regex(
    r"`[^`\n]*`|\b(?:(?P<wordy>%s)\b|(?P<idle>%s)\b,?[ \t]+(?P<next>\w))" % (_any_of(_SHORT_FORMS), _any_of(_IDLE))
)
_CHINESE = regex(r"`[^`\n]*`|" + "|".join(
    "(?<![%s])%s" % (_ENDS_ANOTHER_WORD[phrase], phrase) if phrase in _ENDS_ANOTHER_WORD else phrase
    for phrase in _CHINESE_SHORT_FORMS
))
_HAS_CHINESE = regex("[\u3400-\u9fff]")
_NEGATION = regex(r"(?:\b(?:not|no|never|cannot)|n['’]t)[ \t]+\Z", re.IGNORECASE)


def shorten_phrases(passages: Sequence[Passage], excess_tokens: int) -> list[Passage]:
    """The passages with short forms of wordy phrases in their prose; what stands between backticks stays."""
    return [
        passage.with_text(shorten(passage.text)) if passage.kind is Kind.PROSE else passage for passage in passages
    ]


def shorten(text: str) -> str:
    """The prose with short forms."""
    text = _ENGLISH.sub(_short_english, text)
    return _CHINESE.sub(_short_chinese, text) if _HAS_CHINESE.search(text) else text


def _short_english(match: re.Match[str]) -> str:
    if match["wordy"]:
        short = _SHORT_FORMS[match["wordy"].lower()]
    elif match["idle"] and not _is_negated(match):
        short = match["next"]
    else:
        return match[0]
    return short[0].upper() + short[1:] if match[0][0].isupper() else short


def _is_negated(match: re.Match[str]) -> bool:
    """Whether a "not" stands before: "not very" is not the same as "not"."""
    return _NEGATION.search(match.string[max(0, match.start() - 8):match.start()]) is not None


def _short_chinese(match: re.Match[str]) -> str:
    return _CHINESE_SHORT_FORMS.get(match[0], match[0])
