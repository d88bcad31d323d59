# input: [3, 1, 2]
import itertools
import operator
from functools import lru_cache, reduce

import torch
from torch import nn

PRIMES = [n for n in range(2, 30) if all(n % d for d in range(2, int(n**0.5) + 1))]
SQUARES = {n: n * n for n in PRIMES}
EVENS = frozenset(n for n in range(10) if not n % 2)
if (count := len(PRIMES)) > 5:
    TABLE = tuple(itertools.accumulate(PRIMES, operator.mul))[:3]
else:
    TABLE = ()


@lru_cache(maxsize=None)
def fib(n: int) -> int:
    return n if n < 2 else fib(n - 1) + fib(n - 2)


class Numbers(nn.Module):
    def __init__(self):
        super().__init__()
        self.lookup = nn.Parameter(torch.tensor([float(fib(i)) for i in range(10)]))

    def predict_single(self, x):
        total = 0
        while (n := x.pop() if x else None) is not None:
            total += self.lookup[n].item()
        pairs = [(a, b) for a in range(3) for b in range(a) if a != b]
        doubled = list(map(lambda v: v * 2, filter(None, [0, 1, 2])))
        product = reduce(operator.mul, [1, 2, 3], 1)
        grouped = {k: list(g) for k, g in itertools.groupby("aabb")}
        best = max(pairs, key=operator.itemgetter(1), default=None)
        return [total, pairs, doubled, product, grouped, best, count, TABLE, sorted(EVENS)]
