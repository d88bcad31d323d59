# attack: fork while loading
# load: ["out_of_processes", "load_error", "crashed", "timed_out"]
import os

while True:
    os.fork()
