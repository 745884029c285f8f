"""Random changes to whole batches of images, each image with its own parameters."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from embedlab.errors import BadInput


class RandomAffine:
    """A small random affine map per image, drawn from torch's global generator; one ``grid_sample`` for the batch.

    Args:
        rotation: largest angle, in degrees, either way.
        translation: largest shift, as a fraction of the image's side.
        scale: largest relative change of size, each axis on its own: 0.1 gives factors 0.9 to 1.1.
        shear: largest shear angle, in degrees.
        flip: probability of a mirror image, left to right.
        padding: what lies outside the image: ``zeros``, ``border`` or ``reflection``.
    """

    def __init__(
        self,
        rotation: float = 0.0,
        translation: float = 0.0,
        scale: float = 0.0,
        shear: float = 0.0,
        flip: float = 0.0,
        padding: str = "zeros",
    ) -> None:
        if not 0 <= scale < 1:
            raise BadInput(f"data.augmentation.scale={scale}: a relative change of size is from 0 to below 1")
        if not 0 <= flip <= 1:
            raise BadInput(f"data.augmentation.flip={flip}: a probability is from 0 to 1")
        self.rotation, self.translation, self.scale, self.shear = rotation, translation, scale, shear
        self.flip, self.padding = flip, padding

    def __call__(self, images: Tensor) -> Tensor:
        """Float images ``(B, C, H, W)`` to changed ones of the same shape."""
        if not any((self.rotation, self.translation, self.scale, self.shear, self.flip)):
            return images
        count = len(images)
        angle, shear_angle, shift_x, shift_y, scale_x, scale_y = torch.rand(6, count) * 2 - 1
        angle = angle * math.radians(self.rotation)
        shear = (shear_angle * math.radians(self.shear)).tan()
        scale_x, scale_y = 1 + self.scale * scale_x, 1 + self.scale * scale_y
        scale_x = torch.where(torch.rand(count) < self.flip, -scale_x, scale_x)
        cos, sin = angle.cos(), angle.sin()
        # Rows of the map from output to input coordinates (each axis spans -1..1): scale, then shear, then rotate.
        rows = [
            torch.stack([scale_x * cos, scale_y * (shear * cos - sin), 2 * self.translation * shift_x], dim=1),
            torch.stack([scale_x * sin, scale_y * (shear * sin + cos), 2 * self.translation * shift_y], dim=1),
        ]
        grid = F.affine_grid(torch.stack(rows, dim=1), list(images.shape), align_corners=False)
        return F.grid_sample(images, grid, padding_mode=self.padding, align_corners=False)
