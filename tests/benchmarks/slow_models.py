"""The provider of the benchmark of runs: every answer takes the same time, whoever asks. `python -m ... LATENCY FILES`

It answers as four roles: the architect plans FILES files, the executor writes each, the auditor approves. What it
spends itself is CPU of another process.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys

_FILE = re.compile(r"^File: (.*)$", re.MULTILINE)
_APPROVED = '```json\n{"verdict": "approved", "issues": []}\n```\n'
_LINES = 40
"""Of each file that is written."""


def _plan(files: int) -> str:
    planned = [
        {"path": f"src/part{number:05}.py", "action": "create", "description": "A part.", "depends_on": []}
        for number in range(files)
    ]
    return "```json\n%s\n```\n" % json.dumps({"summary": "Parts.", "files": planned})


def _draft(prompt: str) -> str:
    match = _FILE.search(prompt)
    name = match[1] if match else "?"
    lines = "\n".join(f"value_{number} = {number}  # of {name}" for number in range(_LINES))
    return f"```python\n{lines}\n```\n"


def _answer(body: bytes, plan: str) -> bytes:
    asked = json.loads(body)
    role = asked["model"].partition("-")[0]
    text = plan if role == "architect" else _APPROVED if role == "auditor" else _draft(asked["messages"][-1]["content"])
    chunk = {"id": "c", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": "stop"}]}
    usage = {"id": "c", "choices": [], "usage": {"prompt_tokens": 900, "completion_tokens": 300}}
    events = b"".join(b"data: %s\n\n" % json.dumps(event).encode() for event in (chunk, usage)) + b"data: [DONE]\n\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n" % len(events)
    return head + events


async def _serve(latency_s: float, plan: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.readline():
            size = 0
            while (line := await reader.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                size = int(value) if name.lower() == b"content-length" else size
            answer = _answer(await reader.readexactly(size), plan)
            await asyncio.sleep(latency_s)
            writer.write(answer)
            await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def _main(latency_s: float, files: int) -> None:
    plan = _plan(files)
    server = await asyncio.start_server(
        lambda reader, writer: _serve(latency_s, plan, reader, writer), "127.0.0.1", 0, backlog=256, limit=2 ** 24
    )
    print("http://127.0.0.1:%d/v1" % server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_main(float(sys.argv[1]), int(sys.argv[2])))
