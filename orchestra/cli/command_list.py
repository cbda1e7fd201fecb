"""The commands by name."""

from __future__ import annotations

COMMANDS = {
    "run": "plan, approve, execute, audit, fix, test, commit",
    "plan": "only the plan: prints it and writes .orchestra/plan.md",
    "resume": "goes on where a session stopped",
    "watch": "runs again whenever watched files change",
    "undo": "puts back what a session changed",
    "diff": "a session's change as a patch that git can apply",
    "verify": "rechecks a session's receipt: files, plan, tests",
    "status": "where a session stands",
    "sessions": "all sessions; prune removes old ones",
    "log": "a session's log; -f follows it",
    "report": "what a session took, or all of them: as text, JSON, HTML or for Prometheus",
    "context": "what would be sent for a task, with token counts and why each file is there",
    "config": "show, init or path: the merged configuration",
    "cache": "stats or clear: answers kept for the next run",
    "doctor": "what works here: keys, servers, git, tests, terminal, every host that could be reached",
    "models": "the catalog with prices and windows; --check asks the servers",
    "demo": "the whole story on a sample project, without key or network",
    "help": "help about a command, or about exit-status, variables, providers, policy, templates",
}
"""Name to summary; each lies in a module of its own that is imported only when used."""

TOPIC_NAMES = ("exit-status", "variables", "providers", "policy", "templates")
"""What `help` explains besides commands; the tables lie in `reference`."""
