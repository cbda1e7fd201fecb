"""A further turn in a conversation: an answer could not be read, or more files were asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Container, Sequence

from orchestra.adapters.adapter import Message, Request, Segment
from orchestra.agents.quoting import ShownFile, bullets, fenced, one_line, show_files
from orchestra.agents.templates import Loader, load, segments


def repair_request(request: Request, reply_text: str, why: str, *, load_template: Loader = load) -> Request:
    """The conversation so far, the answer, and why it could not be used."""
    turn = segments(load_template("repair"), {"why": why})
    return _continued(request, reply_text, turn)


def with_more_files(
    request: Request,
    reply_text: str,
    *,
    shown: Sequence[ShownFile],
    not_shown: Sequence[tuple[str, str]] = (),
    load_template: Loader = load,
) -> Request:
    """The conversation so far, the answer that asked for files, and the files; `not_shown` are path and reason."""
    refusals = bullets(["%s: %s" % (one_line(path), reason) for path, reason in not_shown])
    values = {"files": show_files(shown), "not_shown": refusals}
    turn = segments(load_template("more_files"), values, shortenable=("files",))
    return _continued(request, reply_text, turn)


def not_shown_yet(
    request: Request, files: Sequence[ShownFile], *, told: Container[str] = ()
) -> tuple[list[ShownFile], list[tuple[str, str]]]:
    """The files that do not stand in the conversation as they are, and the others with the reason.

    One that was `told` to stand there and is asked for again may have been left out of a prompt that was too long.
    """
    said = "\n".join(message.text for message in request.messages)
    above = {file.path for file in files if file.path not in told and _holds(said, file)}
    others = [file for file in files if file.path not in above]
    return others, [(file.path, "it stands above already") for file in files if file.path in above]


def _holds(said: str, file: ShownFile) -> bool:
    is_own = f"File: {one_line(file.path)}\n" in said and f"\n{fenced(file.text)}\n" in said
    return is_own or show_files([file]) in said or bool(file.lines) and show_files([replace(file, lines=())]) in said


def _continued(request: Request, reply_text: str, turn: tuple[Segment, ...]) -> Request:
    # Providers refuse a turn without text.
    answer = Message.of("assistant", reply_text if reply_text.strip() else "(no text)", protected=False)
    turns = request.messages + (answer, Message("user", turn))
    # A conversation that took a turn for the worse once should not take the same one again.
    return replace(request, messages=turns, cacheable=False)
