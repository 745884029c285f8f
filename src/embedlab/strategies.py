"""How the ranks of a job keep their weights together, where Lightning's own strategies don't do it."""

from collections.abc import Callable, Iterable
from typing import Any

from pytorch_lightning.overrides.distributed import _sync_module_states
from pytorch_lightning.strategies import DDPStrategy
from torch import distributed as dist
from torch.distributed.algorithms.model_averaging.utils import average_parameters
from torch.nn import Parameter
from torch.optim import Optimizer


class PeriodicAveraging(DDPStrategy):
    """Local SGD: every rank steps by its own gradients, and after every ``period`` steps the weights are averaged.

    Between two averages no gradient travels, for embedding tables too large to all-reduce in every step. With plain
    SGD and a period of 1 this is DDP: the mean of the ranks' steps is the step of their mean gradient. Weights are
    also averaged before they are validated, saved, or tested; buffers then become those of rank 0, as under DDP. The
    optimizer's moments stay with their rank, so a resumed run goes on with those of rank 0.

    Stich 2019, "Local SGD Converges Fast and Communicates Little".

    Args:
        period: steps between averages.
        arguments: of Lightning's ``DDPStrategy``.
    """

    def __init__(self, period: int, **arguments: Any) -> None:
        if period < 1:
            raise ValueError(f"trainer.strategy.period={period}: at least one step between averages")
        super().__init__(**arguments)
        self.period = period
        self._steps: int | None = None  # None: nothing was trained

    def configure_ddp(self) -> None:
        """Start all ranks from the weights of rank 0; the model stays unwrapped, so nothing reduces its gradients."""
        assert self.model is not None
        _sync_module_states(self.model)

    def on_train_start(self) -> None:
        """Count steps from where the run stands."""
        assert self.lightning_module is not None
        self._steps = self.lightning_module.global_step

    def optimizer_step(self, optimizer: Optimizer, closure: Callable[[], Any], model: Any = None, **more: Any) -> Any:
        """A step of this rank, and after every ``period`` of them the mean of what is stepped, by gradients or not."""
        result = super().optimizer_step(optimizer, closure, model, **more)
        self._steps = (self._steps or 0) + 1
        if self._steps % self.period == 0:
            self._average(parameter for group in optimizer.param_groups for parameter in group["params"])
        return result

    def on_validation_start(self) -> None:
        """Validate the mean."""
        self.average()

    def on_train_end(self) -> None:
        """Test the mean."""
        self.average()

    def lightning_module_state_dict(self) -> dict[str, Any]:
        """Save the mean."""
        self.average()
        return super().lightning_module_state_dict()

    def average(self) -> None:
        """Make the weights of every rank the mean over ranks, and its buffers those of rank 0."""
        if self._steps is None:
            return
        assert self.lightning_module is not None
        self._average(self.lightning_module.parameters())
        for buffer in self.lightning_module.buffers():
            dist.broadcast(buffer, src=0)

    def _average(self, parameters: Iterable[Parameter]) -> None:
        assert dist.group.WORLD is not None
        if found := list(parameters):  # counts of n-grams are none
            average_parameters(iter(found), dist.group.WORLD)
