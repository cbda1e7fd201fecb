"""The words that say what goes and what stays, by the part that they play in a sentence."""

from __future__ import annotations

import re

from orchestra.regex import regex

# English, German, French, Spanish, Russian, Chinese and Japanese, since a task is in the user's language.
_CUT = (
    r"remov(?:e|es|ed|ing|al)|delet(?:e|es|ed|ing|ion)|drop(?:s|ped|ping)?|eliminat\w+|prun(?:e|es|ed|ing)|rid"
    r"|strip(?:s|ped|ping)?|discard\w*|supersed\w+|retir(?:e|es|ed|ing)|replac(?:e|es|ed|ing)|renam(?:e|es|ed|ing)"
    r"|instead|swap(?:s|ped|ping)?|unif(?:y|ies|ied)|convert(?:s|ed|ing)?|deduplicat\w+|dedup\w*|trim(?:s|med|ming)?"
    r"|clean(?:s|ed|ing|-?up)?|merg(?:e|es|ed|ing)|consolidat\w+|combin(?:e|es|ed|ing)|re-?exports?|hid(?:e|es|den)"
    r"|reduc(?:e|es|ed|ing)|simplif(?:y|ies|ied|ying)|turn(?:s|ed|ing)?|transform(?:s|ed|ing)?"
    r"|(?:no longer|must not) (?:ha[sv]e?|needs?|contains?|defines?|exports?|offers?|holds?)"
    r"|tak(?:es?|ing) over|took over|leave out|omit(?:s|ted|ting)?"
)
_MOVE = (
    r"mov(?:e|es|ed|ing)|relocat\w+|extract(?:s|ed|ing)?|split(?:s|ting)?|separat(?:e|es|ed|ing)|inlin(?:e|es|ed|ing)"
    r"|migrat(?:e|es|ed|ing)|fold(?:s|ed|ing)?"
)
_RENEW = (
    r"re-?writ(?:e|es|ten|ing)|rewrote|rework(?:s|ed|ing)?|refactor(?:s|ed|ing)?|re-?structur\w+|reorgani[sz]\w+"
    r"|overhaul(?:s|ed|ing)?|moderni[sz]\w+|shorten(?:s|ed|ing)?|shrink(?:s|ing)?|scratch"
)
_ELSEWHERE = (
    r"entfern\w*|l[öo]sch\w*|gel[öo]scht|streich\w*|verschieb\w*|verschoben|umbenenn\w*|umbenannt|benenn\w*|ersetz\w*"
    r"|aufteil\w*|auslager\w*|vereinfach\w*|k[üu]rz(?:e|en|t)|schreib\w*|supprim\w*|enl[eè]v\w*|d[ée]plac\w*|renomm\w*"
    r"|remplac\w*|s[ée]par(?:e|er|ez|ons)|r[ée][ée]cri\w*|elimin(?:a|ar|e|es|en)|borr\w+|quit(?:a|ar|e)|muev\w+|mover"
    r"|renombr\w*|reemplaz\w*|divid\w*|reescrib\w*|удал\w*|убра\w*|убер\w*|перемест\w*|перенес\w*|переимен\w*|замен\w*"
    r"|раздел\w*|упрост\w*|перепи\w*"
    r"|删除|删|移除|去掉|移动|移到|迁移|重命名|改名|替换|代替|取代|拆分|拆|分离|提取|抽取|重写|重构|精简|简化|合并|缩短"
    r"|削除|移動|名前変更|置き換え|置換|分割|書き直|統合|簡略"
)
_STATE = (
    r"unused|unneeded|unnecessary|redundant|obsolete|superseded|dead|gone|goes|private|internal|duplicates?"
    r"|no longer (?:needed|used|required|necessary|exists?|exported|there|supported|public|available|defined)"
    r"|(?:done|handled|provided|covered) (?:now )?by"
    r"|nicht mehr (?:benötigt|gebraucht|verwendet)|überflüssig|inutile|innecesari[oa]"
)
_KEEP = (
    r"keep(?:s|ing)?|kept|preserv\w+|retain\w*|stays?|remains?|unchanged|untouched|intact|except|excluding|besides"
    r"|leav(?:e|es|ing)|left|behalt\w*|beibehalt\w*|bewahr\w*|bleib\w*|unverändert|außer|conserv\w*"
    r"|gard(?:e|er|ez)|mant(?:én|ener|iene)|excepto|sauf|остав\w*|сохран\w*|кроме|保留|保持|不变|残す|残し|維持|除了"
)
_NO = (
    r"not|must not \w+|never|without|none|nothing|cannot|neither|avoid(?:ing)?|rather|no(?! longer)|\w+n['’]t"
    r"|nichts?|nie|niemals|ohne|kein\w*|ne|pas|sans|jamais|rien|sin|nunca|nada|не|нельзя|без|ничего|不|别|勿|せず|しない|ない"
)
NO_BEHIND = regex(r"nothing|nichts?|kein\w*|pas|rien|nada|ничего|せず|しない|ない")
_STOP = (
    r"but|which|that|so|because|since|if|when|whenever|while|where|unless|until|then|add(?:s|ing)?|changes?|updates?"
    r"|uses?|using|calls?|make|fix(?:es)?|let|returns?|adjust|adapt|implements?|writes?|creates?|introduces?|ensures?"
    r"|is|are|be|been|being|was|were|gets?|has|have|must|should|can|will|aber|sondern|wenn|damit|pero|mais|но|但"
)
_FROM = r"in|inside|within|from|of|on|at|im|aus|dans|en|в|из"
_PREPOSITION = _FROM + r"|into|onto|to|by|with|under|via|through|for|as|durch|mit|nach|zu|par|avec|vers|por|con"
_THING = (
    r"it|them|both|these|everything|all|rest|most|files?|modules?|code|codebase|script|page|document"
    r"|class|classes|functions?|methods?|helpers?|constants?|endpoints?|routes?|handlers?|types?|interfaces?|apis?"
    r"|implementations?|logic|support|features?|layers?|sections?|chapters?|parts?|blocks?|tests|comments"
    r"|docstrings|boilerplate|duplication|half|components?|shims?|wrappers?|alias|aliases|exports?"
    r"|names|contents?|stubs?"
    r"|\w*funktion\w*|\w*methode\w*|\w*klasse\w*|\w*modul\w*|alles|datei|fonctions?|méthodes?|fichier|tout"
    r"|funci[óo]n\w*|métodos?|clases?|módulos?|todo|archivo|функци\w*|метод\w*|класс\w*|модул\w*|файл\w*"
    r"|函数|方法|模块|文件|代码|関数|メソッド|クラス|モジュール|ファイル|コード"
)
_KINDS = (
    ("state", _STATE), ("cut", _CUT), ("move", _MOVE), ("renew", _RENEW), ("elsewhere", _ELSEWHERE), ("keep", _KEEP),
    ("no", _NO), ("stop", _STOP), ("preposition", _PREPOSITION), ("or", "or|nor|oder|noch|ou|ni|или"),
    ("and", "and|und|et|и|y"), ("thing", _THING),
)
KIND = regex("|".join("(?P<%s>%s)" % kind for kind in _KINDS), re.IGNORECASE)
"""What a word is for, as the name of the group that matches all of it."""
FROM = regex(_FROM, re.IGNORECASE)
LOOSE = regex(r"(?i)simplif|reduc|trim|clean|dedup|unif|vereinfach|k[üu]rz|упрост|精简|简化|简略|簡略|缩短")
"""They leave what they are about in its place."""
BEING = frozenset("is are be been being was were gets get got".split())
ARTICLES = frozenset(
    "a an the this that these those its their our your my every some new add adds adding support supports supporting"
    " implement implements for with which who".split()
)
"""What stands before a noun: no verb follows them."""
SOMETIMES = frozenset("when whenever if while unless once allow allows let lets enable enables able user users".split())
"""What they begin tells of what the program does, not of what is to be done to it."""
BOUNDS = frozenset("so but then because since thus also aber sondern pero mais но forget forgetting hesitate".split())
COPIES = frozenset(
    "all both each any every rid definition definitions implementation implementations declaration declarations copy"
    " copies duplicate duplicates version versions use uses".split()
)
"""What follows their `of` or `for` goes itself."""
PRONOUNS = frozenset("it them both these everything".split())
CHANGING = frozenset("change changes changing changed break breaks breaking touch touching alter modify".split())
NO_STEMS = frozenset(
    "the unused old new all any dead duplicate redundant unnecessary obsolete legacy deprecated whole entire now two"
    " three first second own this that its out away down too also more most some der die das den les des los las"
    " una una".split()
)
NO_OTHERS = frozenset("anything nothing everything api apis".split())
OTHERS = frozenset("else other others rest".split())
OWNER = regex(r"['’]s$")
PARTICLES = frozenset("中里内的のからでへに")
"""Behind a name: something of it is meant, or another place."""
_FAR_EASTERN = sorted(
    {word for _, words in _KINDS for word in words.split("|") if word[0] >= "\u2e80"}, key=len, reverse=True
)
_LATIN = r"[^\W\u2e80-\u9fff\uac00-\ud7af]"
TOKEN = regex(
    r"(?i)(?:no longer|must not|nicht mehr) L+|tak(?:es?|ing) over|took over|leave out"
    r"|(?:done|handled|provided|covered) (?:now )?by|%s|L+(?:(?:['’.#/:-]+|->)L+)*|[^\w\s]|\w".replace("L", _LATIN)
    % "|".join(_FAR_EASTERN)
)
_NAME = r"`?[A-Za-z_]\w*(?:\(\))?`?"
NAMED_ANEW = regex(
    r"\b(?:(?:chang(?:e|es|ed|ing)|updat(?:e|es|ed|ing))\s+(?:(?:the|name|spelling|of|function|method|class|constant"
    rf"|variable)\s+)*(?:(?P<old>{_NAME})\s+(?:in)?to|(?:\w+\s+){{0,4}}?from\s+(?P<from>{_NAME})\s+to)"
    rf"|[把将]\s*(?P<sino>{_NAME})\s*改[成为])\s*(?:be\s+(?:called|named)\s+)?(?P<new>{_NAME})"
    r"(?=\s*(?:$|[^\w\s]|\n|(?:and|everywhere|in|throughout)\b))", re.IGNORECASE,
)
"""That a thing gets another name, said without a word for that: behind the new name the clause must be at its end.

It may be a value as well, or what the thing is to be like.
"""
