"""What is kept of a trained model's writing."""

import json

import pytest
import torch

from embedlab.apps.gallery import Gallery
from embedlab.apps.language import generate
from embedlab.errors import BadInput
from embedlab.text import Characters, Sampling, Whitespace

WORDS = ["the", "dog", "barks", "<eos>", "<unk>"]


def model(tokens, state):
    """Each word is followed by the next of the list, as good as always."""
    found = torch.full((5,), -30.0)
    found[(tokens[-1] + 1) % 4] = 0.0
    return found, None


def test_each_prompt_with_what_follows_it(tmp_path):
    gallery = Gallery(Whitespace(), ["", "the", "the dog ", "the cat"], length=4, temperature=0.5, seed=3)
    gallery.save(tmp_path, model, WORDS)
    found = json.loads((tmp_path / "samples.json").read_text())
    samples = found.pop("samples")
    assert found == {"temperature": 0.5, "top_k": None, "top_p": 1.0, "seed": 3}
    assert samples[:3] == [
        {"prompt": "", "text": "the dog barks \n"},
        {"prompt": "the", "text": " dog barks \nthe "},
        {"prompt": "the dog ", "text": "barks \nthe dog "},
    ]
    assert samples[3] == {"prompt": "the cat", "refused": "'cat': not among the 5 tokens that the model knows"}


def test_it_is_what_generate_writes(tmp_path):
    def even(tokens, state):
        return torch.zeros(3), None

    Gallery(Characters(), ["ab"], length=50, temperature=1.5, top_k=2, seed=9).save(tmp_path, even, ["a", "b", "c"])
    (sample,) = json.loads((tmp_path / "samples.json").read_text())["samples"]
    expected = "".join(generate(even, ["a", "b", "c"], Characters(), "ab", 50, Sampling(1.5, 2), seed=9))
    assert sample == {"prompt": "ab", "text": expected}


def test_what_cannot_be_drawn_is_said_before_training():
    with pytest.raises(BadInput, match=r"task\.gallery: .*temperature.*0: above 0"):
        Gallery(Characters(), temperature=0)
    with pytest.raises(BadInput, match=r"task\.gallery\.length=0: at least one token"):
        Gallery(Characters(), length=0)
