from functools import partial

import pytest
import torch

from embedlab.data.augmentation import RandomAffine
from embedlab.data.images import ImageBatches, ImageData, Split
from embedlab.data.samplers import BatchIndices, MPerClassSampler

IMAGES = torch.randint(0, 256, (40, 1, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(10).repeat_interleave(4)
SAMPLER = partial(MPerClassSampler, classes_per_batch=4, samples_per_class=2, batches_per_epoch=6)


class Squares(ImageData):
    def __init__(self, num_workers: int = 0, seed: int = 0) -> None:
        super().__init__(SAMPLER, seed, 16, num_workers, RandomAffine(rotation=20, flip=0.5), mean=[0.5], std=[0.25])

    def load(self) -> dict[str, Split]:
        names = [f"class {k}" for k in range(10)]
        return {"train": Split(IMAGES, LABELS, names), "val": Split(IMAGES[:20], LABELS[:20], names[:5])}


def batches(data: ImageData, epoch: int = 0) -> list[tuple[torch.Tensor, torch.Tensor]]:
    loader = data.train_dataloader()
    loader.sampler.set_epoch(epoch)
    return [tuple(batch) for batch in loader]


def same(first: list, second: list) -> bool:
    return all(torch.equal(x, u) and torch.equal(y, v) for (x, y), (u, v) in zip(first, second, strict=True))


def test_data_and_augmentation_are_the_same_for_any_number_of_workers_and_any_global_seed() -> None:
    torch.manual_seed(1)
    expected = batches(Squares())
    torch.manual_seed(2)
    before = torch.random.get_rng_state()
    assert same(expected, batches(Squares()))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert same(expected, batches(Squares(num_workers=2)))
    assert not same(expected, batches(Squares(), epoch=1))
    assert not same(expected, batches(Squares(seed=1)))
    assert same(batches(Squares(), epoch=1), batches(Squares(num_workers=1), epoch=1))


def test_values_are_normalised_pixels_and_labels_follow() -> None:
    data = Squares()
    inputs, labels = zip(*data.val_dataloader(), strict=True)
    assert [len(x) for x in inputs] == [16, 4]
    torch.testing.assert_close(torch.cat(inputs), (IMAGES[:20].float() / 255 - 0.5) / 0.25)
    assert torch.equal(torch.cat(labels), LABELS[:20])
    assert inputs[0].dtype == torch.float32
    assert labels[0].dtype == torch.int64


def test_says_what_it_holds_and_loads_once() -> None:
    data = Squares()
    assert (data.num_classes, data.input_shape, data.class_names[3]) == (10, (1, 8, 8), "class 3")
    splits = data.splits
    data.prepare_data()
    data.setup("fit")
    assert data.splits is splits
    assert data.summary() == "Squares: train 10 classes, 40 images; val 5 classes, 20 images; 1×8×8"
    assert data.evaluation_names("val") == data.class_names[:5]
    assert (data.thumbnails("val", [3, 1]) == IMAGES[[3, 1], 0].numpy()).all()


def test_a_split_that_is_not_there_has_no_loaders() -> None:
    assert Squares().test_dataloader() == []


@pytest.mark.parametrize("channels", [1, 3])
def test_mean_and_std_are_per_channel(channels: int) -> None:
    images = torch.full((2, channels, 2, 2), 255, dtype=torch.uint8)
    split = Split(images, torch.tensor([0, 1]), ["a", "b"])
    mean = [0.1 * (c + 1) for c in range(channels)]
    x, _ = ImageBatches(split, mean=mean, std=[0.5])[BatchIndices([0], 0)]
    torch.testing.assert_close(x[0, :, 0, 0], (1 - torch.tensor(mean)) / 0.5)
