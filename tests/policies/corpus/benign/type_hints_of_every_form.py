# input: [1, 2]
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Dict, List, Literal, NamedTuple, Optional, Protocol, Tuple, Type, Union, cast, overload

import numpy.typing as npt
import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from torch.types import Device

Shape = Tuple[int, ...]
Number = Union[int, float]
Mode = Literal["sum", "mean"]
Point = NamedTuple("Point", [("x", int), ("y", int)])
Options = typing.TypedDict("Options", {"mode": str}, total=False)


class Hinted(nn.Module):
    weight: Tensor
    bias: Optional[Tensor] = None
    layers: "List[nn.Module]"
    kind: Type[nn.Module] = nn.Linear
    factory: type[nn.Module] = nn.ReLU

    def __init__(self, sizes: List[int] | None = None, mode: Mode = "sum", act: Callable[[Tensor], Tensor] = torch.relu) -> None:
        super().__init__()
        self.layers: nn.ModuleList = nn.ModuleList()
        self.mode: str = mode
        self.act = act
        x: int
        y: Dict[str, Any] = {}
        self.y = y

    @overload
    def reduce(self, t: Tensor, mode: Literal["sum"]) -> Tensor: ...

    @overload
    def reduce(self, t: Tensor, mode: str = ...) -> Tensor: ...

    def reduce(self, t, mode="sum"):
        return t.sum() if mode == "sum" else t.mean()

    def predict_single(self, x: Iterable[Number], *, scale: Annotated[float, "positive"] = 1.0, **options: Any) -> "float | Mapping[str, float]":
        t = cast(Tensor, torch.tensor(list(x), dtype=torch.float))
        p: Point = Point(1, 2)
        o: Options = {"mode": self.mode}
        return float(self.reduce(self.act(t) * scale, o["mode"])) + p.x
