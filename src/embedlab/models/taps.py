"""The outputs of layers inside a model, caught as they pass."""

import difflib
from collections.abc import Callable, Iterable

from torch import Tensor, nn


class LayerTaps:
    """Keeps the last output of named submodules: ``taps = LayerTaps(model, ["blocks.1"]); model(x); taps["blocks.1"]``.

    The outputs carry their gradient and are kept until the next forward pass or :meth:`close`. A layer that works in
    place right after a tapped one (``ReLU(inplace=True)``) changes what is seen: tap that layer instead.

    Args:
        model: the model to listen in on.
        layers: names as in ``model.named_modules()``.

    Raises:
        ValueError: the model has no such layer; the nearest names are offered.
    """

    def __init__(self, model: nn.Module, layers: Iterable[str]) -> None:
        modules = {name: module for name, module in model.named_modules() if name}
        self._outputs: dict[str, Tensor] = {}
        self._handles = []
        for layer in layers:
            if layer not in modules:
                near = difflib.get_close_matches(layer, modules, n=3, cutoff=0.3) or list(modules)
                raise ValueError(f"layer={layer}: the model has no such layer; did you mean {' or '.join(near)}?")
            self._handles.append(modules[layer].register_forward_hook(self._keep(layer)))

    def _keep(self, layer: str) -> Callable[..., None]:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            self._outputs[layer] = output

        return hook

    def __getitem__(self, layer: str) -> Tensor:
        return self._outputs[layer]

    def close(self) -> None:
        """Stop listening and let go of the outputs."""
        for handle in self._handles:
            handle.remove()
        self._outputs.clear()
