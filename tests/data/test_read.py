"""An image file as the model takes it."""

import numpy as np
import pytest
import torch
from PIL import Image

from embedlab.data.image_folder import ImageFolderData
from embedlab.data.omniglot import OmniglotData
from embedlab.errors import BadInput


def test_a_published_omniglot_drawing_reads_as_the_bundled_one(data_root, tmp_path):
    archive = np.load(data_root / "omniglot" / "omniglot_evaluation.npz")
    ink = np.unpackbits(archive["images"], axis=2)[:, :, :105]
    # The first character of the evaluation set, drawer 1, as the PNG it was: black ink on white.
    Image.fromarray((1 - ink[0]) * np.uint8(255)).convert("1").save(tmp_path / "drawing.png")
    data = OmniglotData(sampler=None, split="background_evaluation")
    names = data.evaluation_names("test")
    name = f"{archive['alphabet_names'][archive['alphabet'][0]]}/character{archive['character'][0]:02d}/rot000"
    first = int((data.splits["test"].labels == names.index(name)).nonzero()[0, 0])
    expected = data.splits["test"].images[[first]][0].float() / 255
    assert torch.equal(data.read(tmp_path / "drawing.png"), expected)


def test_values_are_standardised_as_in_training(tmp_path):
    for c in range(2):
        (tmp_path / f"class{c}").mkdir()
        for i in range(2):
            Image.new("RGB", (8, 8), (255, 0, 51)).save(tmp_path / f"class{c}" / f"{i}.png")
    data = ImageFolderData(sampler=None, root=str(tmp_path), image_size=4, mean=[0.5], std=[0.25])
    read = data.read(tmp_path / "class0" / "0.png")
    assert read.shape == (3, 4, 4)
    assert read[:, 0, 0].tolist() == pytest.approx([2.0, -2.0, -1.2])


@pytest.mark.parametrize("content", [None, b"", b"no image"])
def test_what_is_no_image_is_named(tmp_path, content):
    file = tmp_path / "x.png"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadInput, match=r"x\.png"):
        OmniglotData(sampler=None).read(file)
