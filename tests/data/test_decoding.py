import io
import logging

import numpy as np
import pytest
import torch
from PIL import Image

from embedlab.data.decoding import ImageFiles, ImageFormat, decode, decode_all


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def array(*shape: int, dtype: str = "uint8") -> np.ndarray:
    return np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def test_rgb_at_its_own_size_is_unchanged() -> None:
    pixels = array(9, 9, 3)
    assert (decode(encoded(Image.fromarray(pixels)), ImageFormat(9)).permute(1, 2, 0).numpy() == pixels).all()


def test_grey_becomes_three_equal_channels_or_one() -> None:
    pixels = array(5, 5)
    data = encoded(Image.fromarray(pixels))
    assert all((channel.numpy() == pixels).all() for channel in decode(data, ImageFormat(5)))
    assert (decode(data, ImageFormat(5, channels=1))[0].numpy() == pixels).all()


def test_sixteen_bits_keep_the_upper_eight() -> None:
    pixels = array(6, 6, dtype="uint16")
    assert (decode(encoded(Image.fromarray(pixels)), ImageFormat(6, channels=1))[0].numpy() == pixels >> 8).all()


def test_transparency_lies_on_white() -> None:
    pixels = np.zeros((4, 4, 4), np.uint8)
    pixels[:2, :, 3] = 255  # opaque black above, transparent black below
    image = decode(encoded(Image.fromarray(pixels)), ImageFormat(4))
    assert (image[:, :2] == 0).all()
    assert (image[:, 2:] == 255).all()


def test_a_palette_is_looked_up() -> None:
    image = Image.fromarray(np.array([[0, 1], [1, 0]], np.uint8), mode="P")
    image.putpalette([10, 20, 30, 200, 100, 50])
    assert decode(encoded(image), ImageFormat(2))[:, 0].tolist() == [[10, 200], [20, 100], [30, 50]]


def test_one_pixel_fills_the_square() -> None:
    image = decode(encoded(Image.new("RGB", (1, 1), (1, 2, 3))), ImageFormat(8))
    assert (image == torch.tensor([1, 2, 3])[:, None, None]).all()


def test_the_central_square_is_taken() -> None:
    pixels = array(8, 20, 3)
    image = decode(encoded(Image.fromarray(pixels)), ImageFormat(8))
    assert (image.permute(1, 2, 0).numpy() == pixels[:, 6:14]).all()
    image = decode(encoded(Image.fromarray(pixels[:, 6:14])), ImageFormat(4, crop=0.5))
    assert (image.permute(1, 2, 0).numpy() == pixels[2:6, 8:12]).all()


def test_a_photograph_lying_on_its_side_is_turned_upright() -> None:
    pixels = array(6, 6, 3)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90° clockwise to look at it
    image = decode(encoded(Image.fromarray(pixels), exif=exif), ImageFormat(6))
    assert (image.permute(1, 2, 0).numpy() == np.rot90(pixels, -1)).all()


GOOD = {f"{k}.png": encoded(Image.fromarray(array(4, 4, 3) // (k + 1))) for k in range(5)}
JPEG = encoded(Image.fromarray(array(64, 64, 3)), "JPEG")


@pytest.mark.parametrize("broken", [b"", b"no image", GOOD["0.png"][:-30], JPEG[: len(JPEG) // 2]])
def test_a_broken_image_is_named_or_skipped(broken: bytes, caplog: pytest.LogCaptureFixture) -> None:
    contents = {**GOOD, "2.png": broken}
    names = sorted(contents)
    with pytest.raises(ValueError, match=r"^2\.png: no readable image \(.*data\.on_error=skip") as error:
        decode_all(names, contents.__getitem__, ImageFormat(4))
    assert "\n" not in str(error.value)
    with caplog.at_level(logging.WARNING):
        images, good = decode_all(names, contents.__getitem__, ImageFormat(4), on_error="skip")
    assert "left out 1 of 5 images that can't be read, e.g. 2.png" in caplog.text
    assert good == [0, 1, 3, 4]
    for image, row in zip(images, good, strict=True):
        assert torch.equal(image, decode(GOOD[names[row]], ImageFormat(4)))
    nothing, same = decode_all(names, contents.__getitem__, ImageFormat(4), on_error="skip", keep=False)
    assert (len(nothing), same) == (0, good)


def test_files_on_demand_are_the_files_decoded_at_once(tmp_path) -> None:
    for name, data in GOOD.items():
        (tmp_path / name).write_bytes(data)
    files = ImageFiles([str(tmp_path / name) for name in sorted(GOOD)], ImageFormat(3))
    images, _ = decode_all(sorted(GOOD), GOOD.__getitem__, ImageFormat(3))
    assert len(files) == 5
    assert torch.equal(files[[4, 0, 2]], images[[4, 0, 2]])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 0}, "data.image_size=0"),
        ({"size": 8, "channels": 4}, "data.channels=4"),
        ({"size": 8, "crop": 0}, "data.crop=0"),
    ],
)
def test_formats_that_are_none(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ImageFormat(**options)


def test_on_error_is_raise_or_skip() -> None:
    with pytest.raises(ValueError, match=r"data\.on_error=ignore: raise or skip"):
        decode_all([], GOOD.__getitem__, ImageFormat(4), on_error="ignore")
