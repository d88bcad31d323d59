# input: [1.0, 2.0]
import torch
from torch import nn


class WithState(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)
        self.calls = 0
        self.activations = {}
        self.fc.register_forward_hook(self._hook("fc"))
        self.register_load_state_dict_post_hook(lambda module, incompatible: None)
        self._register_load_state_dict_pre_hook(self._rename)
        self._register_state_dict_hook(self._after)

    def _hook(self, name):
        def hook(module, args, output):
            self.activations[name] = output.detach()

        return hook

    def _rename(self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs):
        for key in list(state_dict.keys()):
            if key.startswith(prefix + "old."):
                state_dict[key.replace("old.", "fc.")] = state_dict.pop(key)

    @staticmethod
    def _after(module, state_dict, prefix, local_metadata):
        return state_dict

    def get_extra_state(self):
        return {"calls": self.calls}

    def set_extra_state(self, state):
        self.calls = state["calls"]

    def _load_from_state_dict(self, state_dict, prefix, *args, **kwargs):
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)

    def extra_repr(self) -> str:
        return f"calls={self.calls}"

    def predict_single(self, x):
        self.calls += 1
        self.fc(torch.tensor(x))
        return {"calls": self.calls, "activation": self.activations["fc"].tolist(), "shown": str(self)}
