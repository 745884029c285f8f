"""Language modelling: the next token from all before it, by truncated backpropagation through time."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from embedlab import distributed
from embedlab.batch import TokenWindow
from embedlab.errors import BadInput
from embedlab.losses.language_modeling import OutputLayer
from embedlab.models.state import State, detached, moved
from embedlab.randomness import mix, seed_torch
from embedlab.tasks.language_task import LanguageTask


class LanguageModeling(LanguageTask):
    """Trains a model of the next token on windows of a text; evaluates it on every token of the others.

    The state goes on from window to window, its gradient does not; it is kept in checkpoints, so a run goes on inside
    an epoch.

    Args:
        model: ``(tokens (rows, steps), state or None) -> (hidden (rows, steps, H), state)``, as
            :class:`embedlab.models.recurrent.Recurrent`; one that has ``regularized`` gives there a third thing, to be
            added to the loss that trains.
        loss: the output layer.
        optimizer: ``parameters -> Optimizer``.
        scheduler: ``optimizer -> LRScheduler``, stepped once an epoch; None for a constant rate.
        sum_over_time: the gradient is that of the sum over a window's steps of the mean over its rows, as Zaremba et
            al. (2014) have it, and not of the mean over both: learning rate and clipping are then as published there.
        gallery: see :class:`embedlab.tasks.language_task.LanguageTask`.
        seed: of the run; the randomness of step t is a function of (seed, t).
    """

    def __init__(
        self,
        model: nn.Module,
        loss: OutputLayer,
        optimizer: Callable[[Iterable[Any]], Optimizer],
        scheduler: Callable[[Optimizer], LRScheduler] | None = None,
        sum_over_time: bool = False,
        gallery: Any = None,
        seed: int = 0,
    ) -> None:
        super().__init__(gallery)
        if not isinstance(loss, OutputLayer):
            raise BadInput(
                f"loss={type(loss).__name__}: language models take loss=cross_entropy, adaptive_softmax, "
                "sampled_softmax or nce"
            )
        if not hasattr(model, "tied"):
            raise BadInput(f"model={type(model).__name__}: language models take model=lstm, transformer, …")
        if getattr(model, "bidirectional", False):
            raise BadInput("model.bidirectional=true: a language model would see what it is to predict; take false")
        if model.tied:
            loss.tie(model.embedding.weight)  # type: ignore[arg-type, union-attr]
        self.model, self.loss = model, loss
        self.optimizer, self.scheduler = optimizer, scheduler
        self.sum_over_time, self.seed = sum_over_time, seed
        self._state: State | None = None
        self._pace = 1.0  # of the window at hand
        self._evaluated: State | None = None

    def setup(self, stage: str) -> None:
        """Note the vocabulary, and how often each of its tokens occurs.

        Raises:
            BadInput: the text comes in no rows.
        """
        super().setup(stage)
        if self.data.batch_size is None:
            raise BadInput("data.batch_size=null: that is for counting n-grams; give a number of rows, as 20")
        self.loss.take_counts(torch.from_numpy(self.data.corpora["train"].vocabulary.counts))

    def on_fit_start(self) -> None:
        """Start from the vectors that the model names; a run that goes on from a checkpoint has its own."""
        embedding: Any = getattr(self.model, "embedding", None)
        if getattr(embedding, "vectors", None) and self.trainer.ckpt_path is None:
            embedding.start_from(embedding.vectors, self.words)

    def configure_optimizers(self) -> Any:
        """One optimizer of all weights."""
        optimizer = self.optimizer(self.parameters())
        if self.scheduler is None:
            return optimizer
        return {"optimizer": optimizer, "lr_scheduler": self.scheduler(optimizer)}

    def training_step(self, batch: TokenWindow, batch_idx: int) -> Tensor:
        """The loss of a window, whose rows go on where those of the last one ended."""
        seed_torch(mix(self.seed, self.global_step, distributed.rank()), self.device)
        state = None if batch.first or self._state is None else moved(self._state, self.device)
        hidden, state, penalty = self._read(batch.inputs, state)
        self._state = detached(state)
        loss: Tensor = self.loss(hidden.flatten(0, 1), batch.targets.flatten())
        self.log("train/loss", loss, prog_bar=True, batch_size=batch.targets.numel())
        loss = loss + penalty
        return loss * batch.targets.shape[1] if self.sum_over_time else loss

    def _read(self, tokens: Tensor, state: State | None) -> tuple[Tensor, State, Any]:
        """What the model makes of a window, and what it adds to the loss that trains."""
        if hasattr(self.model, "regularized"):
            return self.model.regularized(tokens, state)  # type: ignore[operator]
        return (*self.model(tokens, state), 0.0)

    def on_train_batch_start(self, batch: TokenWindow, batch_idx: int) -> None:
        """Note how long the window is, where they differ by chance."""
        self._pace = batch.targets.shape[1] / self.data.window if self.data.jitter else 1.0

    def optimizer_step(
        self, epoch: int, batch_idx: int, optimizer: Any, optimizer_closure: Callable[[], Any] | None = None
    ) -> None:
        """One step, at a rate in proportion to the window's length: short ones count no more (Merity et al. 2018)."""
        rates = [group["lr"] for group in optimizer.param_groups]
        for group in optimizer.param_groups:
            group["lr"] *= self._pace
        super().optimizer_step(epoch, batch_idx, optimizer, optimizer_closure)
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: int | float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Log the gradient's norm over all weights, and shorten it to ``trainer.gradient_clip_val`` if it is longer."""
        if gradient_clip_algorithm not in (None, "norm"):
            raise BadInput(f"trainer.gradient_clip_algorithm={gradient_clip_algorithm}: language models clip by norm")
        weights = [weight for weight in self.parameters() if weight.grad is not None]
        norm = nn.utils.get_total_norm([weight.grad for weight in weights if weight.grad is not None])
        if gradient_clip_val:
            nn.utils.clip_grads_with_norm_(weights, float(gradient_clip_val), norm)
        self.log("train/gradient_norm", norm)

    def negative_log_likelihoods(self, batch: TokenWindow) -> Tensor:
        """See :meth:`LanguageTask.negative_log_likelihoods`. Training's state waits until this is done."""
        hidden, self._evaluated = self.model(batch.inputs, None if batch.first else self._evaluated)
        return self.loss.negative_log_likelihoods(hidden.flatten(0, 1), batch.targets.flatten())

    def next_token(self, tokens: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """See :meth:`LanguageTask.next_token`."""
        with torch.inference_mode():
            hidden, state = self.model(tokens[None].to(self.device), state)
            return self.loss.log_probabilities(hidden[0, -1:])[0], state

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the vocabulary, and the state of all ranks' rows."""
        super().on_save_checkpoint(checkpoint)
        if self._state is not None:
            checkpoint["state"] = _gathered(self._state)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take them back; see :meth:`LanguageTask.on_load_checkpoint`."""
        super().on_load_checkpoint(checkpoint)
        self._state = _share(checkpoint.get("state"))


def _gathered(state: State) -> State:
    """The rows ``(layers, rows, H)`` of all ranks."""
    if isinstance(state, tuple):
        return tuple(_gathered(part) for part in state)  # type: ignore[misc]
    return distributed.gather(state.transpose(0, 1).contiguous()).transpose(0, 1).contiguous()


def _share(state: State | None) -> State | None:
    """This rank's rows of all."""
    if state is None or distributed.world_size() == 1:
        return state
    if isinstance(state, tuple):
        return tuple(_share(part) for part in state)  # type: ignore[misc]
    return state.chunk(distributed.world_size(), 1)[distributed.rank()].contiguous()
