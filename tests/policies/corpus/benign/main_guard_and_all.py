# input: [0.5, -0.5]
#!/usr/bin/env python3
# -*- coding: utf-8 -*-
"""Small policy network.

Usage: python model.py
"""
__all__ = ["PolicyNet"]
__author__ = "someone"
__version__ = "0.1.0"

import math
import time

import torch
import torch.nn as nn
import torch.optim as optim

LOG_STD_MAX, LOG_STD_MIN = 2, -20


def weights_init_(m):
    if isinstance(m, nn.Linear):
        torch.nn.init.xavier_uniform_(m.weight, gain=1)
        torch.nn.init.constant_(m.bias, 0)


class PolicyNet(nn.Module):
    def __init__(self, obs=2, act=1, hidden=16, limit=1.0):
        nn.Module.__init__(self)
        self.l1, self.l2 = nn.Linear(obs, hidden), nn.Linear(hidden, hidden)
        self.mean, self.log_std = nn.Linear(hidden, act), nn.Linear(hidden, act)
        self.limit = limit
        self.apply(weights_init_)

    def forward(self, state):
        x = torch.relu(self.l1(state))
        x = torch.relu(self.l2(x))
        return self.mean(x), torch.clamp(self.log_std(x), LOG_STD_MIN, LOG_STD_MAX)

    def predict_single(self, x, deterministic=True):
        mean, log_std = self.forward(torch.FloatTensor(x))
        action = mean if deterministic else torch.distributions.Normal(mean, log_std.exp()).rsample()
        return (torch.tanh(action) * self.limit).tolist()


def train(model, steps=2):
    optimizer = optim.Adam(model.parameters(), lr=3e-4)
    scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=1)
    started = time.time()
    for step in range(steps):
        optimizer.zero_grad()
        loss = model(torch.randn(4, 2))[0].pow(2).mean()
        loss.backward()
        optimizer.step()
        scheduler.step()
        print(f"{step:>3d} {loss.item():.4f} {time.time() - started:5.1f}s")


if __name__ == "__main__":
    net = PolicyNet()
    train(net)
    print(net.predict_single([0.0, 1.0]))
