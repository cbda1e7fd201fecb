"""What may stand at each key beyond its type, and one line on what it does; data only.

Keys are dotted; `*` stands for a name that the user chooses. Types and defaults are those of `settings`.
"""

from __future__ import annotations

from typing import Callable

from orchestra.config import forms
from orchestra.dataclass import dataclass

_A_YEAR_S = 366 * 86400


@dataclass(frozen=True)
class Rule:
    """One key's meaning and limits."""

    comment: str
    choices: tuple[str, ...] = ()
    """The only texts allowed; `true`, `false` and `off` are written as YAML's booleans."""
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    form: Callable[[str], str | None] | None = None
    """For a text, or for each of a list."""
    is_path: bool = False
    """Relative paths count from the folder of the file that holds them."""
    hides_value: bool = False
    """A wrong value is not repeated in the message: it may be a secret."""
    example: object = None
    """What a commented file shows where there is no default."""


def _path(comment: str, example: str) -> Rule:
    return Rule(comment, form=forms.not_empty, is_path=True, example=example)


def _seconds(comment: str) -> Rule:
    return Rule(comment, above=0, at_most=_A_YEAR_S)


def _count(comment: str, at_least: int = 1, at_most: float = 1000) -> Rule:
    return Rule(comment, at_least=at_least, at_most=at_most)


def _tokens(comment: str, example: int) -> Rule:
    return Rule(comment, at_least=1, at_most=1e9, example=example)


def _price(comment: str, example: float) -> Rule:
    return Rule(comment, at_least=0, at_most=1e6, example=example)


def _chain(comment: str) -> Rule:
    return Rule("the PROVIDER/MODEL chain that " + comment, form=forms.chain_entry)


def _prompt(comment: str) -> Rule:
    return Rule(comment, form=forms.not_empty, example="Focus on security best practices")


PROVIDER_RULES = {
    "providers": Rule("moonshot, zai, gemini, openai and anthropic are built in; any other is yours"),
    "providers.*": Rule("one provider", example="my-server"),
    "providers.*.protocol": Rule(
        "how it is spoken to", example="openai-chat",
        choices=("openai-chat", "openai-responses", "anthropic-messages", "gemini"),
    ),
    "providers.*.base_url": Rule(
        "with the version segment; the rest of the path is added",
        form=forms.base_url, example="http://127.0.0.1:8080/v1",
    ),
    "providers.*.api_key_env": Rule(
        "the variable that holds the key", form=forms.variable_name, hides_value=True, example="MY_SERVER_API_KEY",
    ),
    "providers.*.api_key_file": Rule(
        "or the file that holds it, such as ~/.my-server-key; with neither no key is sent",
        form=forms.key_file, is_path=True, hides_value=True,
    ),
    "providers.*.headers": Rule("sent with every request"),
    "providers.*.headers.*": Rule("one header", form=forms.header_value, hides_value=True, example="infra"),
    "providers.*.ca_bundle": _path("certificates to trust, PEM", "/etc/ssl/private-ca.pem"),
    "providers.*.client_cert": _path("our certificate with its key, PEM", "/etc/ssl/client.pem"),
    "providers.*.proxy": Rule(
        "in place of HTTPS_PROXY", form=forms.proxy_url, example="http://127.0.0.1:3128",
    ),
    "providers.*.timeout": Rule("seconds"),
    "providers.*.timeout.connect": _seconds("until the connection stands"),
    "providers.*.timeout.first_byte": _seconds("until the answer begins"),
    "providers.*.timeout.idle": _seconds("between two pieces of the answer"),
    "providers.*.timeout.total": _seconds("for the whole call"),
    "providers.*.max_concurrency": Rule("calls at the same time", at_least=1, at_most=1000, example=8),
    "providers.*.models": Rule("what the catalog lacks or has wrong"),
    "providers.*.models.*": Rule("one model", example="my-model"),
    "providers.*.models.*.context_window": _tokens("tokens", 200000),
    "providers.*.models.*.max_input": _tokens("tokens of a prompt, where it may not fill the window", 272000),
    "providers.*.models.*.max_output": _tokens("tokens", 16384),
    "providers.*.models.*.price_input": _price("USD per million tokens", 0.60),
    "providers.*.models.*.price_output": _price("USD per million tokens", 2.20),
    "providers.*.models.*.price_cached": _price("USD per million tokens", 0.11),
    "providers.*.models.*.effort": Rule(
        "how hard it shall think, in its provider's word", form=forms.wire_word, example="high"
    ),
    "providers.*.models.*.thinking": Rule("whether it shall think first, where that can be switched", example=True),
    "providers.*.models.*.output_cap_field": Rule(
        "the field for the output cap, where it is another", form=forms.wire_word, example="max_completion_tokens"
    ),
    "providers.*.models.*.refuses": Rule("fields of a request that it takes for an error", form=forms.wire_word),
}

AGENT_RULES = {
    "agents": Rule("each a chain of PROVIDER/MODEL, first choice first"),
    "agents.architect": _chain("plans"),
    "agents.executor": _chain("writes files"),
    "agents.auditor": _chain("judges files"),
    "agents.consultant": _chain("fixes what the auditor found"),
    "custom_prompts": Rule("added to an agent's instructions: architect, executor, auditor, consultant"),
    "custom_prompts.*": _prompt("one agent's addition"),
    "prompts_dir": Rule("a folder with your own prompt templates", form=forms.not_empty, is_path=True),
    "planning": Rule("how plans are made"),
    "planning.swarm": _count("architects asked at once", at_most=64),
    "audit": Rule("how files are judged"),
    "audit.other_vendor": Rule("auditors are of other vendors than the executors that answered"),
    "audit.whole_change": Rule("a change of several files is judged as a whole, too, after the last of them"),
}

RUN_RULES = {
    "mode": Rule("how files are worked on", choices=("sequential", "parallel", "pipeline")),
    "max_concurrency": _count("files at the same time"),
    "max_iterations": _count("audits of one file: a draft, then fixes"),
    "max_recovery_attempts": _count("tries after that", at_least=0),
    "auto_approve": Rule("plans are carried out without asking"),
    "auto_revert": Rule("a file that is not approved is put back"),
    "budget": Rule("what a run may cost"),
    "budget.max_cost": Rule("USD; null for no limit", at_least=0, at_most=1e9),
    "tests": Rule("the project's own tests"),
    "tests.run": Rule("before and after the writing", choices=("auto", "true", "false")),
    "tests.command": Rule("in place of the framework that is found", form=forms.not_empty),
    "tests.timeout": _seconds("seconds"),
    "tests.sandbox": Rule("whether they run confined", choices=("auto", "required", "off")),
    "tests.baseline": Rule("run them before the first write, to know what failed already"),
    "tests.when": Rule("after the change, or after each file, too", choices=("end", "each")),
    "lint": Rule("the project's own linter"),
    "lint.command": Rule("run before and after the change; what it finds anew is mended", form=forms.not_empty),
    "lint.when": Rule("after the change, or after each file, too", choices=("end", "each")),
    "commit": Rule("commit what was written"),
    "commit.enabled": Rule("only when everything is approved and the tests pass"),
    "commit.template": Rule("knows {type} {scope} {subject} {body} {session}", form=forms.commit_template),
}

HOUSE_RULES = {
    "cache": Rule("answers that were given before"),
    "cache.enabled": Rule("use them"),
    "cache.ttl": Rule("seconds that one is good for", at_least=0, at_most=10 * _A_YEAR_S),
    "cache.max_bytes": Rule("bytes kept", at_least=0),
    "state": Rule("what is kept of sessions"),
    "state.keep": _count("sessions kept", at_most=1e6),
    "state.max_bytes": Rule("bytes kept", at_least=1),
    "log": Rule("the log of a session"),
    "log.level": Rule("least serious level written", choices=("debug", "info", "warning", "error")),
    "hook": Rule("git hooks"),
    "hook.timeout": _seconds("seconds"),
    "hook.on_error": Rule("what a hook does when it fails itself", choices=("pass", "block")),
    "plugins": Rule("plugins to load", form=forms.not_empty),
    "watch": Rule("the command watch"),
    "watch.paths": Rule("files, folders or patterns as in .gitignore; empty for everything", form=forms.not_empty),
    "watch.debounce": Rule("seconds of quiet before it runs", at_least=0, at_most=3600),
}

RULES = {**PROVIDER_RULES, **AGENT_RULES, **RUN_RULES, **HOUSE_RULES}

NAME_FORMS: dict[str, Callable[[str], str | None]] = {
    "providers": forms.provider_name,
    "providers.*.headers": forms.header_name,
    "providers.*.models": forms.model_name,
}
"""The form of the names below a key."""
