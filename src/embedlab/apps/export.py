"""A trained model in the formats of other tools."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import nn

from embedlab.errors import BadInput
from embedlab.models.ngram import NGram
from embedlab.ngrams import write_arpa


def export_safetensors(model: nn.Module, directory: Path, config: Mapping[str, Any]) -> Path:
    """The model's weights, with the run's config as metadata: ``model.safetensors``."""
    path = directory / "model.safetensors"
    weights = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    save_file(weights, path, metadata={"format": "pt", "config": json.dumps(config)})
    return path


def export_onnx(model: nn.Module, directory: Path, input_shape: Sequence[int]) -> Path:
    """The model as ``model.onnx`` with a free batch size, checked against torch on random input by onnxruntime.

    Raises:
        BadInput: the extra ``onnx`` is not installed.
        RuntimeError: onnxruntime's embeddings differ from torch's by more than 1e-4.
    """
    try:
        import onnxruntime
        import onnxscript  # noqa: F401 - torch's exporter needs it
    except ImportError:
        raise BadInput("export to ONNX needs an extra: pip install 'embedlab[onnx]'") from None
    path = directory / "model.onnx"
    model = model.float().eval()
    sample = torch.rand(3, *input_shape, generator=torch.Generator().manual_seed(0))
    torch.onnx.export(
        model, (sample,), path, input_names=["inputs"], output_names=["embeddings"], dynamo=True, external_data=False,
        dynamic_shapes=({0: torch.export.Dim("batch")},), verbose=False,
    )  # fmt: skip
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for batch in (sample, sample[:2]):
        ours = model(batch).detach().numpy()
        theirs = session.run(None, {"inputs": batch.numpy()})[0]
        worst = float(np.abs(ours - theirs).max())
        if worst > 1e-4:
            raise RuntimeError(f"onnxruntime's embeddings differ from torch's by {worst:.2g}")
    return path


def export_projector(
    embeddings: NDArray[np.float32], names: Sequence[str], thumbnails: NDArray[np.uint8] | None, folder: Path
) -> Path:
    """Fills a folder for TensorBoard's embedding projector: vectors, names, and images as one sprite.

    Args:
        embeddings: ``(N, D)``.
        names: class of each row, or its word.
        thumbnails: ``(N, h, w)`` or ``(N, h, w, 3)``; None: of none.
        folder: of event files, or one of its own, to be shown by ``tensorboard --logdir``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    np.savetxt(folder / "tensors.tsv", embeddings, delimiter="\t", fmt="%.6g")
    (folder / "metadata.tsv").write_text("".join(f"{name}\n" for name in names))
    sprite = "" if thumbnails is None else _sprite(thumbnails, folder)
    (folder / "projector_config.pbtxt").write_text(
        'embeddings {\n  tensor_name: "embeddings"\n  tensor_path: "tensors.tsv"\n  metadata_path: "metadata.tsv"\n'
        f"{sprite}}}\n"
    )
    return folder


def export_arpa(model: nn.Module, words: Sequence[str], path: Path) -> Path:
    """A model of n-grams as an ARPA file; see :func:`embedlab.ngrams.write_arpa`.

    Raises:
        BadInput: it is none.
    """
    if not isinstance(model, NGram):
        raise BadInput("arpa: such a file holds n-grams; those of experiment=ngram can be written so")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_arpa(model.smoothed, words, path)
    return path


def _sprite(thumbnails: NDArray[np.uint8], folder: Path) -> str:
    """All images in one file, a square of them, and what the projector's config says of it."""
    from PIL import Image

    side = int(np.ceil(np.sqrt(len(thumbnails))))
    height, width = thumbnails.shape[1:3]
    sprite = np.zeros((side * height, side * width, *thumbnails.shape[3:]), np.uint8)
    for i, image in enumerate(thumbnails):
        row, column = divmod(i, side)
        sprite[row * height : (row + 1) * height, column * width : (column + 1) * width] = image
    Image.fromarray(sprite).save(folder / "sprite.png")
    return (
        f'  sprite {{\n    image_path: "sprite.png"\n    single_image_dim: {width}\n'
        f"    single_image_dim: {height}\n  }}\n"
    )
