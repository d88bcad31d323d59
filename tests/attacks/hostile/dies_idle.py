# attack: die between two calls, so that the next one is lost
# expect: platform
# wait: 0.6
import os
import threading
import time

import torch


def die():
    time.sleep(0.2)
    os._exit(1)


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        threading.Thread(target=die, daemon=True).start()

    def predict_single(self, x):
        return 1
