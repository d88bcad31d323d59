# input: [0.1, -0.2, 0.0, 0.3]
import random
from collections import deque, namedtuple

import torch
import torch.nn as nn
import torch.nn.functional as F

Transition = namedtuple("Transition", ("state", "action", "next_state", "reward"))
memory = deque([], maxlen=100)
EPS_START, EPS_END, EPS_DECAY = 0.9, 0.05, 1000
steps_done = 0


class DQN(nn.Module):
    def __init__(self, n_observations=4, n_actions=2):
        super(DQN, self).__init__()
        self.layer1 = nn.Linear(n_observations, 16)
        self.layer2 = nn.Linear(16, 16)
        self.layer3 = nn.Linear(16, n_actions)

    def forward(self, x):
        x = F.relu(self.layer1(x))
        x = F.relu(self.layer2(x))
        return self.layer3(x)

    def select_action(self, state):
        global steps_done
        steps_done += 1
        if random.random() > 2:
            return torch.tensor([[random.randrange(2)]], dtype=torch.long)
        with torch.no_grad():
            return self(state).max(1).indices.view(1, 1)

    def predict_single(self, x):
        state = torch.tensor(x, dtype=torch.float32).unsqueeze(0)
        action = self.select_action(state)
        memory.append(Transition(state, action, None, 1.0))
        batch = Transition(*zip(*memory))
        last = memory[-1]._replace(reward=0.5)
        return {"action": action.item(), "remembered": len(batch.state), "fields": list(last._fields)}
