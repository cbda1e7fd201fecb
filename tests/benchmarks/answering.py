"""The server of the benchmark of calls: a short answer, streamed or not as it was asked for, or a long stream."""

from __future__ import annotations

import json
import socket
import sys
import threading

LONG = "long"
"""The model that answers by a long stream."""
EVENTS = 4000


def _event(text: str, finish: str | None = None) -> bytes:
    chunk = {
        "id": "chatcmpl-01", "object": "chat.completion.chunk", "created": 1795633491,
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}],
    }
    return b"data: %s\n\n" % json.dumps(chunk, separators=(",", ":")).encode()


_USAGE = {"prompt_tokens": 420, "completion_tokens": 12, "total_tokens": 432}
_TEXT = "The file says what the project is for. "
_WORDS = [word + " " for word in _TEXT.split()]
_END = b'data: {"choices":[],"usage":%s}\n\ndata: [DONE]\n\n' % json.dumps(_USAGE).encode()
_SHORT_STREAM = b"".join(map(_event, _WORDS)) + _event("", "stop") + _END
_LONG_STREAM = b"".join(_event("word%d " % number) for number in range(EVENTS)) + _event("", "stop") + _END
_WHOLE = json.dumps({
    "id": "chatcmpl-0123456789", "object": "chat.completion", "created": 1795633491, "model": "model", "usage": _USAGE,
    "choices": [{"index": 0, "message": {"role": "assistant", "content": _TEXT}, "finish_reason": "stop"}],
}).encode()


def _answer(body: bytes) -> bytes:
    asked = json.loads(body)
    if not asked.get("stream"):
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(_WHOLE)
        return head + _WHOLE
    stream = _LONG_STREAM if asked["model"] == LONG else _SHORT_STREAM
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    # A few events to a chunk, as they come where tokens are quick.
    pieces = [stream[at:at + 1024] for at in range(0, len(stream), 1024)]
    return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def _serve(connection: socket.socket) -> None:
    with connection, connection.makefile("rb") as stream:
        while stream.readline().strip():
            size = 0
            for line in iter(stream.readline, b"\r\n"):
                name, _, value = line.partition(b":")
                size = int(value) if name.lower() == b"content-length" else size
            connection.sendall(_answer(stream.read(size)))


def _accept(listener: socket.socket) -> None:
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_serve, args=(connection,), daemon=True).start()


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    threading.Thread(target=_accept, args=(listener,), daemon=True).start()
    print("http://127.0.0.1:%d/v1" % listener.getsockname()[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
