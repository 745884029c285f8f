import math

import pytest
import torch
from torchvision.transforms.v2 import functional as tv

from embedlab.data.augmentation import RandomAffine

IMAGES = torch.rand(6, 2, 12, 12, generator=torch.Generator().manual_seed(0))


def test_nothing_asked_changes_nothing() -> None:
    assert RandomAffine()(IMAGES) is IMAGES


def test_flip_is_a_mirror_image() -> None:
    torch.testing.assert_close(RandomAffine(flip=1)(IMAGES), IMAGES.flip(3))


def test_a_rotation_alone_is_torchvisions(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = iter([torch.tensor([[1.0]] + [[0.5]] * 5), torch.tensor([0.9])])
    monkeypatch.setattr(torch, "rand", lambda *size: next(draws))
    turned = RandomAffine(rotation=30)(IMAGES[:1])
    expected = tv.rotate(IMAGES[:1], 30, interpolation=tv.InterpolationMode.BILINEAR)
    torch.testing.assert_close(turned, expected, atol=1e-5, rtol=0)


def test_scale_and_shift_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    # Shift by a quarter of the side: three pixels of twelve, taken from the right.
    draws = iter([torch.tensor([[0.5]] * 2 + [[1.0]] + [[0.5]] * 3), torch.tensor([0.9])])
    monkeypatch.setattr(torch, "rand", lambda *size: next(draws))
    moved = RandomAffine(translation=0.25)(IMAGES[:1])
    torch.testing.assert_close(moved[..., :9], IMAGES[:1, ..., 3:])
    assert (moved[..., 9:] == 0).all()


def test_each_image_has_its_own_parameters_within_the_bounds() -> None:
    torch.manual_seed(0)
    ramp = ((torch.arange(33) * 2 + 1) / 33 - 1).expand(1, 1, 33, 33)  # each pixel's coordinate in -1..1
    ramps = torch.cat([ramp, ramp.transpose(2, 3)], dim=1).expand(500, 2, 33, 33)  # x and y of each pixel
    warped = RandomAffine(rotation=10, scale=0.2, translation=0.1, padding="border")(ramps)
    centre = warped[:, :, 16, 16]
    assert centre.abs().max() < 0.2 + 1e-5
    assert centre.abs().max() > 0.18
    step_x = (warped[:, :, 16, 18] - warped[:, :, 16, 14]) * 33 / 8  # the image of the x axis, as a unit
    factor, angle = step_x.norm(dim=1), torch.atan2(step_x[:, 1], step_x[:, 0])
    assert 0.8 - 1e-4 < factor.min() < 0.82 < 1.18 < factor.max() < 1.2 + 1e-4
    assert math.radians(9.5) < angle.abs().max() < math.radians(10) + 1e-4


@pytest.mark.parametrize(("knob", "value"), [("scale", 1.0), ("scale", -0.1), ("flip", 1.5)])
def test_out_of_range_is_refused(knob: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"data.augmentation.{knob}={value}"):
        RandomAffine(**{knob: value})
