# input: {"obs": [0.0, 0.1, -0.2, 0.3]}
from collections import deque, namedtuple
import random
from torch.distributions import Categorical, Normal, Independent
import torch
import torch.nn as nn
import torch.nn.functional as F


Transition = namedtuple("Transition", ("state", "action", "next_state", "reward"))


def layer_init(layer, std=2 ** 0.5, bias_const=0.0):
    torch.nn.init.orthogonal_(layer.weight, std)
    torch.nn.init.constant_(layer.bias, bias_const)
    return layer


class Agent(nn.Module):
    def __init__(self, obs_dim=4, n_actions=2, act_dim=1):
        super().__init__()
        self.critic = nn.Sequential(layer_init(nn.Linear(obs_dim, 16)), nn.Tanh(), layer_init(nn.Linear(16, 1), std=1.0))
        self.actor = nn.Sequential(layer_init(nn.Linear(obs_dim, 16)), nn.Tanh(), layer_init(nn.Linear(16, n_actions), std=0.01))
        self.actor_logstd = nn.Parameter(torch.zeros(1, act_dim))
        self.memory = deque([], maxlen=100)
        self.steps_done = 0

    def get_value(self, x):
        return self.critic(x)

    def get_action_and_value(self, x, action=None):
        probs = Categorical(logits=self.actor(x))
        if action is None:
            action = probs.sample()
        return action, probs.log_prob(action), probs.entropy(), self.critic(x)

    def select_action(self, state, eps=0.05):
        self.steps_done += 1
        if random.random() > eps:
            with torch.no_grad():
                return self.actor(state).max(1).indices.view(1, 1)
        return torch.tensor([[random.randrange(2)]], dtype=torch.long)

    def predict_single(self, x):
        random.seed(0)
        torch.manual_seed(0)
        obs = torch.as_tensor(x["obs"]).float().unsqueeze(0)
        a, logp, ent, v = self.get_action_and_value(obs)
        greedy = self.select_action(obs)
        self.memory.append(Transition(obs, greedy, None, 0.0))
        batch = Transition(*zip(*self.memory))
        noise = Independent(Normal(torch.zeros(1, 1), self.actor_logstd.exp()), 1).rsample()
        return {"action": a.item(), "greedy": greedy.item(), "logp": logp.item(), "value": v.item(), "n": len(batch.state), "noise": noise.item()}
