"""Asking the user at the terminal what to do with a plan."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Callable, Mapping, Sequence

from orchestra.clock import CancelToken, Halt
from orchestra.engine.approval import Choice, Decision
from orchestra.environment import Environment
from orchestra.errors import Cancelled, UsageError
from orchestra.records import Plan
from orchestra.views.plan_page import plan_page

_TURN_S = 0.1
_GRACE_S = 0.3
QUESTION = "[a]pprove, [e]dit, [r]evise, [v]iew, [q]uit? "
_CHOICES = {"a": "approve", "e": "edit", "r": "revise", "v": "view", "q": "quit"}


class TerminalPrompt:
    """An Approver with a person in front of it. Questions go to stderr."""

    def __init__(
        self, env: Environment, put: Callable[[str], None], *, state_folder: Path, variables: Mapping[str, str],
        halt: Halt | None = None,
    ) -> None:
        """`put` writes text as it is to the terminal; `variables` are those for the editor: without keys.

        The user is not waited for any longer at the `halt`.
        """
        self._env = env
        self._put = put
        self._state_folder = state_folder
        self._variables = variables
        self._halt = halt or CancelToken()
        self._shown: Plan | None = None
        self._is_settled = False

    def decide(self, plan: Plan) -> Decision:
        self._turn_to_the_user()
        if plan != self._shown:
            self._say("\n" + plan_page(plan, full=False) + "\n")
        decision = self._decision(plan)
        self._is_settled = decision.choice in (Choice.APPROVE, Choice.QUIT)
        self._shown = None if self._is_settled else plan
        return decision

    def _turn_to_the_user(self) -> None:
        """What was typed after one session's plan was settled does not answer for the next one's."""
        if self._is_settled:
            self._env.forget_typed()
        self._is_settled = False

    def _decision(self, plan: Plan) -> Decision:
        while True:
            word = self._ask(QUESTION)
            if word is None:
                return Decision(Choice.QUIT, by="the input ended")
            choice = _CHOICES.get(word.strip().lower()[:1]) if _is_choice(word) else None
            if choice == "view":
                self._say("\n" + plan_page(plan, full=True) + "\n")
            elif choice == "revise":
                remark = self._ask("What should the architect change? ")
                if remark and remark.strip():
                    return Decision(Choice.REVISE, remark=remark.strip())
            elif choice is not None:
                return Decision(Choice(choice), by="user" if choice == "approve" else "")
            else:
                self._say("Please type a, e, r, v or q.")

    def edit(self, text: str) -> str:
        try:
            file = self._file_with(text)
            try:
                self._run_editor(file)
                return file.read_text(encoding="utf-8", errors="replace")
            finally:
                file.unlink(missing_ok=True)
        except OSError as error:
            raise UsageError("the plan cannot be edited", where=str(error), hint="mend that, and edit again") from None

    def _file_with(self, text: str) -> Path:
        descriptor, name = tempfile.mkstemp(prefix="plan-", suffix=".md", dir=self._state_folder / "tmp")
        with open(descriptor, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        return Path(name)

    def _run_editor(self, file: Path) -> None:
        named = self._variables.get("VISUAL") or self._variables.get("EDITOR") or "vi"
        try:
            command = [*shlex.split(named), str(file)]
            if command[0] == str(file):
                raise ValueError("it has no name")
            status = self._status_of(command)
        except (OSError, ValueError) as error:
            raise UsageError("the editor cannot be started", where=str(error), hint="set EDITOR") from None
        if status != 0:
            raise UsageError(
                f"the editor ended with status {status}", where=command[0], hint="try again, or set EDITOR"
            )

    def _status_of(self, command: Sequence[str]) -> int:
        """With which it ended by itself; at the halt it is ended."""
        editor = subprocess.Popen(command, env=dict(self._variables), cwd=self._env.cwd, stdout=self._screen())
        try:
            while True:
                with suppress(subprocess.TimeoutExpired):
                    return editor.wait(_TURN_S)
                self._halt.check()
        finally:
            if editor.poll() is None:
                # The friendly signal, at which it gives the terminal back.
                editor.terminate()
                with suppress(subprocess.TimeoutExpired):
                    editor.wait(_GRACE_S)
                editor.kill()

    def _screen(self) -> int | None:
        """Where the editor draws: standard error, if standard output leads elsewhere; None for where that leads."""
        is_elsewhere = not self._env.is_terminal(self._env.stdout) and self._env.is_terminal(self._env.stderr)
        return self._env.stderr.fileno() if is_elsewhere else None

    def explain(self, problem: str) -> None:
        self._say(f"That plan cannot be used: {problem}")

    def answer(self, questions: Sequence[str]) -> list[str] | None:
        answers = []
        self._turn_to_the_user()
        self._say("The architect has questions.")
        for question in questions:
            reply = self._ask(f"{question}\n> ")
            if reply is None:
                return None
            answers.append(reply)
        return answers

    def _say(self, text: str) -> None:
        self._put(text + "\n")

    def _ask(self, question: str) -> str | None:
        """A line of the user's; None at the end of the input. Raises Cancelled after a stop."""
        self._put(question)
        line = self._env.read_line(self._halt)
        if self._env.stop.number is not None:
            raise Cancelled()
        return line


def _is_choice(word: str) -> bool:
    typed = word.strip().lower()
    return bool(typed) and any(choice.startswith(typed) for choice in _CHOICES.values())
