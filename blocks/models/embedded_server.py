"""The child process that serves the embedded model: `python -m blocks.models.embedded_server`.

It speaks OpenAI's protocol on a random port of 127.0.0.1 with a random key, serves one request at a time, and ends
when no process holds a lease on it (see `blocks.local_process`).
"""

import argparse
import os
import secrets
import signal
import threading
from pathlib import Path

from blocks.local_process import announce, claim, leave_when_idle

CACHE_MIB = 256
"""Memory for prompt prefixes; the library's own default is 8 GiB."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--place", type=Path, required=True)
    options.add_argument("--weights", required=True)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--context", type=int, default=8192)
    given = options.parse_args()

    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    leave_when_idle(given.place, ended.set)
    claim(given.place)

    import xllamacpp

    key = secrets.token_urlsafe(24)
    wanted = xllamacpp.CommonParams()
    wanted.model.path = given.weights
    wanted.n_ctx, wanted.n_parallel, wanted.cache_ram_mib = given.context, 1, CACHE_MIB
    wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = given.threads
    # On a CPU, flash attention halves the speed of writing for a fifth of the speed of reading.
    wanted.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    wanted.api_keys = [key]
    wanted.cors_origins = "http://127.0.0.1"
    server = xllamacpp.Server(wanted)

    announce(given.place, url=server.listening_address, key=key)
    while not ended.wait(1):
        pass
    os._exit(0)  # the native server has no other way to end at once


if __name__ == "__main__":
    main()
