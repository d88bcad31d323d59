# attack: keep quiet at first and compute later, when nobody looks any more
# expect: succeeded
# output: "done"
import threading
import time

import torch


def spin():
    time.sleep(5)
    while True:
        pass


class Model(torch.nn.Module):
    def predict_single(self, x):
        threading.Thread(target=spin, daemon=True).start()
        return "done"
