"""LLMock on a port that the kernel chooses. Run by the peers' Python; settings are LLMock's own variables."""

import os
import socket
import sys
import threading

import uvicorn


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config("llmock.main:create_app", factory=True, log_level="warning"))
    threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True).start()
    print("http://127.0.0.1:%d" % listener.getsockname()[1])
    sys.stdin.read()
    # Streams that stall on purpose would be waited for.
    os._exit(0)


if __name__ == "__main__":
    main()
