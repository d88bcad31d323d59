# input: torch.rand(6, 4).tolist()
import torch
from torch import nn, Tensor

EPS = 1e-8


def sinkhorn(log_alpha: Tensor, n_iter: int = 5) -> Tensor:
    for _ in range(n_iter):
        log_alpha = log_alpha - torch.logsumexp(log_alpha, -1, keepdim=True)
        log_alpha = log_alpha - torch.logsumexp(log_alpha, -2, keepdim=True)
    return log_alpha.exp()


class SlotAttention(nn.Module):
    def __init__(self, num_slots=3, dim=4, iters=2):
        super().__init__()
        self.num_slots, self.iters, self.scale = num_slots, iters, dim**-0.5
        self.slots_mu = nn.Parameter(torch.randn(1, 1, dim))
        self.slots_logsigma = nn.Parameter(torch.zeros(1, 1, dim))
        self.to_q, self.to_k, self.to_v = [nn.Linear(dim, dim) for _ in range(3)]
        self.gru = nn.GRUCell(dim, dim)
        self.norm_input, self.norm_slots = nn.LayerNorm(dim), nn.LayerNorm(dim)

    def forward(self, inputs: Tensor, num_slots: int | None = None) -> tuple[Tensor, Tensor]:
        b, n, d = inputs.shape
        n_s = num_slots if num_slots is not None else self.num_slots
        slots = self.slots_mu.expand(b, n_s, -1) + self.slots_logsigma.exp().expand(b, n_s, -1) * torch.linspace(-1, 1, n_s)[None, :, None]
        inputs = self.norm_input(inputs)
        k, v = self.to_k(inputs), self.to_v(inputs)
        for _ in range(self.iters):
            prev = slots
            q = self.to_q(self.norm_slots(slots))
            dots = torch.einsum("bid,bjd->bij", q, k) * self.scale
            attn = dots.softmax(dim=1) + EPS
            attn = attn / attn.sum(dim=-1, keepdim=True)
            slots = self.gru((attn @ v).reshape(-1, d), prev.reshape(-1, d)).reshape(b, -1, d)
        return slots, sinkhorn(dots)

    def predict_single(self, x):
        slots, assignment = self.forward(torch.tensor(x).unsqueeze(0))
        return {"slots": slots.squeeze(0).detach().tolist(), "owner": assignment[0].argmax(0).tolist()}
