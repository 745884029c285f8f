import numpy as np
import pytest

from embedlab.kernels.sentences import SentenceEncoder


def sentences(stream, numbers, blocks=1, **options):
    encoder = SentenceEncoder(np.array(numbers, np.int32), **options)
    parts = [encoder.encode(block) for block in np.array_split(np.array(stream, np.int32), blocks)]
    ids, bounds = (np.concatenate(part) for part in zip(*parts, strict=True))
    return [part.tolist() for part in np.split(ids, bounds)]


@pytest.mark.parametrize("blocks", [1, 3, 11])
def test_ids_are_renumbered_and_sentences_end(blocks):
    stream = [0, 1, 2, -1, -1, 2, -1, 0, 1, 0, -1]
    assert sentences(stream, [5, 7, -1], blocks) == [[5, 7], [5, 7, 5], []]


@pytest.mark.parametrize("blocks", [1, 2, 5])
def test_long_sentences_are_cut_after_kept_words(blocks):
    stream = [0, 2, 0, 2, 0, 0, 0, -1, 0, 0, -1, 0, -1]
    assert sentences(stream, [1, 1, -1], blocks, max_sentence=2) == [[1, 1], [1, 1], [1], [1, 1], [1], []]


def test_the_end_is_a_word_where_a_sentence_ends_but_not_where_it_is_cut():
    assert sentences([0, 0, 0, -1, 1, -1, 0, -1], [3, -1], max_sentence=2, end=9) == [[3, 3], [3, 9], [3, 9], []]
