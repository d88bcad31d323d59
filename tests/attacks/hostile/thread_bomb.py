# attack: start threads until none is left for anybody
# expect: out_of_processes
# gvisor: {"expect": ["out_of_memory", "out_of_processes", "crashed"]}
# gvisor_why: as fork_bomb
import threading
import time

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        while True:
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
