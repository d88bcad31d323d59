# attack: claim to be loaded, then go on loading
# expect: timed_out
# timeout: 0.5
import os
import socket
import stat
import struct
import time

for fd in map(int, os.listdir("/proc/self/fd")):
    try:
        if stat.S_ISSOCK(os.fstat(fd).st_mode):
            header = b'{"op":"bound","load":"meta"}'
            socket.socket(fileno=os.dup(fd)).sendall(struct.pack("!II", len(header), 0) + header)
    except OSError:
        pass
time.sleep(60)
