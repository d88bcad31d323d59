"""Entry point: import torch while nobody waits, dial the host, be bound once, answer until the end."""

import gc
import linecache
import sys

# Nothing that importing makes is garbage: looking for some while torch comes in costs a tenth of the start.
gc.disable()

from sandbox.runner import lean  # noqa: E402 - after the line above, which is for it

lean.import_torch()

from sandbox.runner import serve  # noqa: E402 - likewise: it imports torch

if __name__ == "__main__":
    linecache.clearcache()  # torch looks where its own operators are written, and keeps those files' text
    gc.freeze()  # what is here now stays: the tenant's collections need not look at it
    gc.enable()
    sys.exit(serve.main())
