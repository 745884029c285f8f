"""The training loader: a DataLoader that knows where in the epoch it stands, so that a run can go on from there."""

from collections.abc import Iterator
from typing import Any

from torch.utils.data import DataLoader

from embedlab.data.samplers import BatchSampler


class TrainLoader(DataLoader):
    """Loads the batches a :class:`BatchSampler` names; its state is the epoch and the batches handed out.

    Lightning keeps the state in its checkpoints, so a run resumed inside an epoch sees the remaining batches.
    """

    sampler: BatchSampler
    _step = 0

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        # A generator: nothing is read from the sampler before the first batch is asked for. Lightning makes the first
        # iterator of a resumed run before it tells the sampler the epoch.
        self._step = self.sampler.start
        for batch in super().__iter__():
            self._step += 1
            yield batch

    def state_dict(self) -> dict[str, int]:
        """The place in the data: epoch, and batches of it handed out."""
        return {"epoch": self.sampler.epoch, "step": self._step}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on from that place."""
        self.sampler.set_epoch(state["epoch"])
        self.sampler.start = state["step"]
