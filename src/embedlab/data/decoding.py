"""Image files of any kind to uint8 tensors of one size."""

import io
import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from embedlab.errors import BadInput

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ImageFormat:
    """What every image is brought to: ``crop`` is the central part of the side kept before resizing to ``size``²."""

    size: int
    channels: int = 3
    crop: float = 1.0

    def __post_init__(self) -> None:
        if self.size < 1:
            raise BadInput(f"data.image_size={self.size}: at least one pixel")
        if self.channels not in (1, 3):
            raise BadInput(f"data.channels={self.channels}: 1 (grey) or 3 (RGB)")
        if not 0 < self.crop <= 1:
            raise BadInput(f"data.crop={self.crop}: the part of the side to keep, above 0 and up to 1")


def decode(data: bytes, form: ImageFormat) -> Tensor:
    """An encoded image to uint8 ``(channels, size, size)``: upright, centre-cropped to a square, antialiased.

    Grey, palette, 16-bit (the upper 8 bits) and transparent (on white) images are all taken.

    Raises:
        Exception: of whatever kind Pillow's decoder of that format raises, where the data is no whole image.
    """
    with Image.open(io.BytesIO(data)) as opened:
        image = ImageOps.exif_transpose(opened)
    if image.mode.startswith("I"):
        image = Image.fromarray((np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8))
    elif image.has_transparency_data:
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba)
    image = image.convert("L" if form.channels == 1 else "RGB")
    if form.crop < 1:
        image = ImageOps.crop(image, round(min(image.size) * (1 - form.crop) / 2))
    image = ImageOps.fit(image, (form.size, form.size), method=Image.Resampling.BICUBIC)
    pixels = np.array(image).reshape(form.size, form.size, form.channels)
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


def decode_all(
    names: Sequence[str], read: Callable[[str], bytes], form: ImageFormat, on_error: str = "raise", keep: bool = True
) -> tuple[Tensor, list[int]]:
    """Decode images by several threads.

    Args:
        names: what ``read`` takes, and what an error names.
        read: gives the encoded image.
        form: what to bring them to.
        on_error: ``raise`` or ``skip`` what can't be decoded; the skipped are counted and logged.
        keep: False only looks whether each can be decoded.

    Returns:
        uint8 ``(K, channels, size, size)``, and the positions in ``names`` of the K that could be decoded.

    Raises:
        BadInput: names the first image that can't be decoded.
    """
    if on_error not in ("raise", "skip"):
        raise BadInput(f"data.on_error={on_error}: raise or skip")
    images = torch.empty(len(names) if keep else 0, form.channels, form.size, form.size, dtype=torch.uint8)

    def attempt(row: int) -> str | None:
        try:
            image = decode(read(names[row]), form)
        except Exception as error:  # Pillow's decoders raise many kinds
            return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        if keep:
            images[row] = image
        return None

    good, broken = [], []
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 8)) as threads:
        for row, failure in enumerate(threads.map(attempt, range(len(names)))):
            if failure is None:
                good.append(row)
            elif on_error == "raise":
                threads.shutdown(cancel_futures=True)
                raise BadInput(
                    f"{names[row]}: no readable image ({' '.join(failure.split())}); "
                    "data.on_error=skip leaves such files out"
                )
            else:
                broken.append(names[row])
    if broken:
        log.warning("left out %d of %d images that can't be read, e.g. %s", len(broken), len(names), broken[0])
        images = images[good] if keep else images
    return images, good


class ImageFiles:
    """Files decoded on demand: ``files[rows] -> uint8 (len(rows), channels, size, size)``."""

    def __init__(self, files: Sequence[str], form: ImageFormat) -> None:
        self.files, self.form = list(files), form

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, rows: list[int]) -> Tensor:
        return torch.stack([decode(read_file(self.files[row]), self.form) for row in rows])


def read_file(name: str) -> bytes:
    """The bytes of a file."""
    return Path(name).read_bytes()
