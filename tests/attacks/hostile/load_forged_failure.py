# attack: claim not to be loadable, with lists of a hundred thousand names for whoever stores the reason
# load: protocol_violation
import json
import os
import socket
import stat
import struct
import time

for fd in map(int, os.listdir("/proc/self/fd")):
    try:
        if stat.S_ISSOCK(os.fstat(fd).st_mode):
            failed = {"op": "load_failed", "kind": "weights_mismatch", "message": "x", "detail": {"missing": [""] * 100_000}}
            header = json.dumps(failed).encode()
            socket.socket(fileno=os.dup(fd)).sendall(struct.pack("!II", len(header), 0) + header)
    except OSError:
        pass
time.sleep(60)
