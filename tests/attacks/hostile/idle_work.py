# attack: go on computing after the answer, in threads and a child, when nobody pays for it
# expect: succeeded
# output: "done"
# calls: 3
# then: succeeded
import os
import threading

import torch


def spin():
    while True:
        pass


class Model(torch.nn.Module):
    def predict_single(self, x):
        threading.Thread(target=spin, daemon=True).start()
        if os.fork() == 0:
            spin()
        return "done"
