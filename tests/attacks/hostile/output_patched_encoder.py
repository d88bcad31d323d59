# attack: replace the runner's JSON encoder by one that writes what is no JSON
# expect: protocol_violation
# message: not JSON
import gc
import json

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        for thing in gc.get_objects():
            if type(thing) is json.JSONEncoder:
                thing.encode = lambda value: "{not json"
        return 1
