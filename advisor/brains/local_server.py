"""The child process that serves a GGUF file: `python -m advisor.brains.local_server`, started by `advisor.brains.local` and by nobody else.

Reads one JSON line from its standard input (path, context, threads, key: not in the arguments, where every user could read the
key), serves on a free loopback port, says so in one line, and ends when its standard input does: with the parent, however that ends.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from typing import Any

_PR_SET_PDEATHSIG = 1


def main() -> int:
    _die_with_parent()
    told: dict[str, Any] = json.loads(sys.stdin.readline())
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = told["path"]
    params.model_alias = {told["name"]}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [told["key"]]
    params.n_ctx = told["context"]
    params.n_parallel = 1
    params.cpuparams.n_threads = told["threads"]
    params.cpuparams_batch.n_threads = told["threads"]
    params.n_threads_http = 4
    params.offline = True
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = 0
    server = xllamacpp.Server(params)
    sys.stdout.write(json.dumps({"url": server.listening_address}) + "\n")
    sys.stdout.flush()
    while sys.stdin.readline():
        pass
    os._exit(0)  # not through destructors: a request in work would hold them up


def _die_with_parent() -> None:
    """While the file loads, Python does not run and cannot see its input end; on Linux the kernel watches instead."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == 1:
            os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
