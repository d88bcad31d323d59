# input: torch.rand(20, 3).tolist()
import torch
import torch.nn as nn
import torch.nn.functional as F
import numpy as np


def index_points(points, idx):
    batch = torch.arange(points.shape[0]).view([-1] + [1] * (idx.dim() - 1)).expand_as(idx)
    return points[batch, idx, :]


def farthest_point_sample(xyz, npoint):
    B, N, C = xyz.shape
    centroids = torch.zeros(B, npoint, dtype=torch.long)
    distance = torch.ones(B, N) * 1e10
    farthest = torch.zeros(B, dtype=torch.long)
    for i in range(npoint):
        centroids[:, i] = farthest
        centroid = xyz[torch.arange(B), farthest, :].view(B, 1, C)
        dist = torch.sum((xyz - centroid) ** 2, -1)
        mask = dist < distance
        distance[mask] = dist[mask]
        farthest = torch.max(distance, -1)[1]
    return centroids


class PointNet(nn.Module):
    def __init__(self, num_class=4, normal_channel=False):
        super(PointNet, self).__init__()
        channel = 6 if normal_channel else 3
        self.k = 4
        self.mlp_convs, self.mlp_bns = nn.ModuleList(), nn.ModuleList()
        last_channel = channel + 3
        for out_channel in [16, 32]:
            self.mlp_convs.append(nn.Conv2d(last_channel, out_channel, 1))
            self.mlp_bns.append(nn.BatchNorm2d(out_channel))
            last_channel = out_channel
        self.fc = nn.Linear(last_channel, num_class)
        self.iden = torch.from_numpy(np.eye(3).flatten().astype(np.float32)).view(1, 9)

    def forward(self, xyz):
        B, N, C = xyz.shape
        xyz = xyz - xyz.mean(1, keepdim=True)
        new_xyz = index_points(xyz, farthest_point_sample(xyz, 8))
        _, group_idx = torch.cdist(new_xyz, xyz).topk(self.k, largest=False)
        grouped = index_points(xyz, group_idx)
        x = torch.cat([grouped - new_xyz.unsqueeze(2), grouped], -1).permute(0, 3, 2, 1)
        for i, conv in enumerate(self.mlp_convs):
            bn = self.mlp_bns[i]
            x = F.relu(bn(conv(x)))
        return F.log_softmax(self.fc(x.amax(dim=(2, 3))), dim=-1)

    def predict_single(self, x):
        pred = self(torch.tensor(x).float().unsqueeze(0)).data.max(1)[1]
        return int(pred.cpu().numpy()[0])
