"""What is said of texts, and of those that nothing can be said of."""

import pytest
import torch

from embedlab.apps.classification import classify_texts
from embedlab.errors import BadInput

WORDS = {"<unk>": 0, "fine": 1, "dull": 2}


def classify(texts):
    """Good by the share of 1 among its words."""
    good = torch.tensor([(text == 1).mean() for text in texts])
    return torch.stack([1 - good, good], 1)


def said(*texts, most=5):
    return classify_texts(classify, ["bad", "good"], WORDS, str.split, texts, most)


def test_class_and_probability_of_each_text():
    assert said("fine", "so dull dull fine") == [("fine", "good", 1.0), ("so dull dull fine", "bad", 0.75)]


@pytest.mark.parametrize(
    ("texts", "complaint"),
    [
        ((), "there is no text to classify"),
        (("fine", " "), "there is no word in the text ' '"),
        (("fine " * 100_000,), "a text of 100,000 words, 'fine fine .* at most data.max_words=5 of a text are read"),
        (("so so",), "'so so': the classifier knows none of its words, as 'so'"),
    ],
)
def test_texts_of_which_nothing_can_be_said(texts, complaint):
    with pytest.raises(BadInput, match=complaint):
        said(*texts)
