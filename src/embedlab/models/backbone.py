"""Networks of torchvision and timm without their classifier."""

import difflib
from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Backbone(nn.Module):
    """A network by name, its classifier removed: ``(B, C, H, W) -> (B, embedding_dim)`` features.

    Grey images are repeated to three channels. Pretrained weights expect images standardised as theirs were (the
    data's ``mean`` and ``std``), and many names a certain image size.

    Args:
        name: as in ``torchvision.models.list_models()`` or ``timm.list_models()``, e.g. ``resnet18``.
        input_shape: ``(C, H, W)``, C being 1 or 3.
        source: ``torchvision`` or ``timm``.
        pretrained: begin with the source's default weights, downloaded on first use.
        freeze: train nothing in it: no gradient, and batch normalisation keeps its statistics.

    Raises:
        ValueError: no such source or name (the nearest is offered), or the network can't take such images.
        FileNotFoundError: the weights could not be downloaded.
    """

    def __init__(
        self,
        name: str,
        input_shape: Sequence[int],
        source: str = "torchvision",
        pretrained: bool = False,
        freeze: bool = False,
    ) -> None:
        super().__init__()
        if input_shape[0] not in (1, 3):
            raise ValueError(f"model.backbone.name={name}: takes images of 1 or 3 channels, not {input_shape[0]}")
        if source not in _BUILD:
            raise ValueError(f"model.backbone.source={source}: no such source; there are {' and '.join(_BUILD)}")
        try:
            self.network = _BUILD[source](name, pretrained)
        except OSError as error:
            reason = str(error).splitlines()[0]
            raise FileNotFoundError(
                f"model.backbone.pretrained=true: could not download the weights of {name} ({reason}); "
                "pretrained=false begins with random ones"
            ) from error
        self.freeze = freeze
        self.network.requires_grad_(not freeze)
        self.train()
        self.embedding_dim = self._count_features(name, input_shape)

    def _count_features(self, name: str, input_shape: Sequence[int]) -> int:
        was_training = self.network.training
        self.network.eval()
        try:
            with torch.no_grad():
                features = self(torch.zeros(1, *input_shape))
        except (RuntimeError, ValueError, AssertionError) as error:
            shape, reason = "×".join(map(str, input_shape)), str(error).splitlines()[0]
            raise ValueError(f"model.backbone.name={name}: can't take images of {shape} ({reason})") from error
        self.network.train(was_training)
        return features.shape[1]

    def train(self, mode: bool = True) -> "Backbone":
        """Training mode, of which a frozen network knows nothing."""
        super().train(mode)
        if self.freeze:
            self.network.eval()
        return self

    def forward(self, images: Tensor) -> Tensor:
        """Features ``(B, embedding_dim)`` of images ``(B, C, H, W)``."""
        if images.shape[1] == 1:
            images = images.expand(-1, 3, -1, -1)
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.freeze):
            return self.network(images).flatten(1)


def _from_torchvision(name: str, pretrained: bool) -> nn.Module:
    import torchvision

    _check_name(name, "torchvision", torchvision.models.list_models(module=torchvision.models))
    network = torchvision.models.get_model(name, weights="DEFAULT" if pretrained else None)
    linear = [path for path, module in network.named_modules() if isinstance(module, nn.Linear)]
    if not linear:
        raise ValueError(f"model.backbone.name={name}: its classifier is no linear layer that could be removed")
    network.set_submodule(linear[-1], nn.Identity())
    if hasattr(network, "aux_logits"):  # the classifiers on the way through GoogLeNet and Inception
        network.aux_logits = False
        for auxiliary in {"aux1", "aux2", "AuxLogits"} & dict(network.named_children()).keys():
            setattr(network, auxiliary, None)
    return network


def _from_timm(name: str, pretrained: bool) -> nn.Module:
    try:
        import timm
    except ImportError as error:
        raise ValueError("model.backbone.source=timm: timm is not installed; pip install 'embedlab[timm]'") from error
    _check_name(name.partition(".")[0], "timm", timm.list_models())
    return timm.create_model(name, pretrained=pretrained, num_classes=0)


def _check_name(name: str, source: str, known: list[str]) -> None:
    if name not in known:
        near = " or ".join(difflib.get_close_matches(name, known)) or known[0]
        raise ValueError(f"model.backbone.name={name}: {source} has no such model; did you mean {near}?")


_BUILD = {"torchvision": _from_torchvision, "timm": _from_timm}
