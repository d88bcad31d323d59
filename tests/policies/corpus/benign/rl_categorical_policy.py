# input: {"obs": [0.1, 0.2, 0.3, 0.4], "legal": [True, False, True]}
import numpy as np
import torch
from torch import nn
from torch.distributions.categorical import Categorical


def layer_init(layer, std=np.sqrt(2), bias_const=0.0):
    torch.nn.init.orthogonal_(layer.weight, std)
    torch.nn.init.constant_(layer.bias, bias_const)
    return layer


class Agent(nn.Module):
    def __init__(self, n_obs=4, n_act=3):
        super().__init__()
        self.critic = nn.Sequential(layer_init(nn.Linear(np.array((n_obs,)).prod(), 64)), nn.Tanh(), layer_init(nn.Linear(64, 1), std=1.0))
        self.actor = nn.Sequential(layer_init(nn.Linear(n_obs, 64)), nn.Tanh(), layer_init(nn.Linear(64, n_act), std=0.01))

    def get_value(self, x):
        return self.critic(x)

    def get_action_and_value(self, x, mask, action=None):
        logits = self.actor(x).masked_fill(~mask, torch.finfo(torch.float32).min)
        probs = Categorical(logits=logits)
        if action is None:
            action = probs.probs.argmax(-1)
        return action, probs.log_prob(action), probs.entropy(), self.critic(x)

    def predict_single(self, x):
        obs, mask = torch.Tensor(x["obs"]), torch.BoolTensor(x["legal"])
        action, logp, entropy, value = self.get_action_and_value(obs, mask)
        return dict(action=int(action), logp=float(logp), entropy=float(entropy), value=value.item())
