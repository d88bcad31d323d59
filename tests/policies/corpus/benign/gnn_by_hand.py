# input: {"nodes": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "edges": [[0, 1], [1, 2]]}
import torch
import torch.nn as nn
import torch.nn.functional as F


def scatter_sum(src, index, dim_size):
    out = src.new_zeros(dim_size, src.size(-1))
    return out.scatter_add_(0, index.unsqueeze(-1).expand_as(src), src)


def scatter_softmax(src, index, n):
    m = src.new_full((n,), float("-inf")).scatter_reduce(0, index, src, reduce="amax", include_self=True)
    e = (src - m[index]).exp()
    return e / (scatter_sum(e[:, None], index, n)[:, 0][index] + 1e-16)


class GIN(nn.Module):
    def __init__(self, in_dim: int = 3, hid: int = 8, out: int = 2, layers: int = 2, eps: float = 0.0, train_eps: bool = True):
        super().__init__()
        dims = [in_dim] + [hid] * layers
        self.mlps = nn.ModuleList(nn.Sequential(nn.Linear(i, o), nn.ReLU(), nn.Linear(o, o)) for i, o in zip(dims, dims[1:]))
        self.eps = nn.ParameterList([nn.Parameter(torch.tensor(eps), requires_grad=train_eps) for _ in range(layers)])
        self.att = nn.Parameter(torch.empty(2 * hid, 1))
        nn.init.xavier_uniform_(self.att)
        self.readout = nn.Linear(hid, out)

    def extra_repr(self) -> str:
        return f"layers={len(self.mlps)}, eps={[round(e.item(), 2) for e in self.eps]}"

    def forward(self, x, edge_index):
        src, dst = torch.cat([edge_index, edge_index.flip(0)], dim=1)
        for eps, mlp in zip(self.eps, self.mlps):
            agg = scatter_sum(x[src], dst, x.size(0))
            x = mlp((1 + eps) * x + agg)
        alpha = scatter_softmax((torch.cat([x[src], x[dst]], -1) @ self.att).squeeze(-1), dst, x.size(0))
        x = x + scatter_sum(alpha.unsqueeze(-1) * x[src], dst, x.size(0))
        return self.readout(x.mean(0))

    def predict_single(self, g):
        x = torch.tensor(g["nodes"], dtype=torch.float)
        e = torch.tensor(g["edges"], dtype=torch.long).t().contiguous()
        print(self)
        y = self(x, e)
        return {"logits": y.tolist(), "class": y.argmax().item()}
