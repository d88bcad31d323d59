# input: {"x": [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], "edge_index": [[0, 1, 2, 0], [1, 2, 0, 2]]}
import torch
from torch import Tensor, nn
import torch.nn.functional as F


def scatter_sum(src: Tensor, index: Tensor, size: int) -> Tensor:
    return src.new_zeros((size, *src.shape[1:])).index_add_(0, index, src)


def segment_softmax(src: Tensor, index: Tensor, size: int) -> Tensor:
    highest = torch.full((size, src.shape[1]), float("-inf")).scatter_reduce_(0, index[:, None].expand_as(src), src, reduce="amax")
    out = (src - highest[index]).exp()
    return out / (scatter_sum(out, index, size)[index] + 1e-16)


class GAT(nn.Module):
    def __init__(self, in_channels=2, hidden=4, out_channels=2, heads=2, negative_slope=0.2):
        super().__init__()
        self.heads, self.negative_slope = heads, negative_slope
        sizes = [(in_channels, hidden), (hidden * heads, out_channels)]
        self.lin = nn.ModuleList(nn.Linear(i, heads * o, bias=False) for i, o in sizes)
        self.att_src = nn.ParameterList(nn.Parameter(torch.empty(1, heads, o)) for _, o in sizes)
        self.att_dst = nn.ParameterList(nn.Parameter(torch.empty(1, heads, o)) for _, o in sizes)
        self.reset_parameters()

    def reset_parameters(self):
        for p in [*self.att_src, *self.att_dst]:
            nn.init.xavier_uniform_(p)

    def propagate(self, i, x, edge_index):
        n = x.size(0)
        src, dst = edge_index
        h = self.lin[i](x).view(n, self.heads, -1)
        alpha = (h * self.att_src[i]).sum(-1)[src] + (h * self.att_dst[i]).sum(-1)[dst]
        alpha = segment_softmax(F.leaky_relu(alpha, self.negative_slope), dst, n)
        return scatter_sum(h[src] * alpha.unsqueeze(-1), dst, n)

    def forward(self, x, edge_index):
        loops = torch.arange(x.size(0)).repeat(2, 1)
        edge_index = torch.cat([edge_index, loops], dim=1)
        x = F.elu(self.propagate(0, x, edge_index).flatten(1))
        return self.propagate(1, x, edge_index).mean(dim=1)

    def predict_single(self, x):
        return self(torch.tensor(x["x"]), torch.tensor(x["edge_index"])).log_softmax(-1).exp().tolist()
