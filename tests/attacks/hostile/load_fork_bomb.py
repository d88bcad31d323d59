# attack: fork while loading
# load: ["out_of_processes", "load_error", "crashed", "timed_out"]
# gvisor: {"load": ["out_of_memory", "crashed"]}
# gvisor_why: as fork_bomb
import os

while True:
    os.fork()
