import numpy as np
import pytest

from embedlab.errors import BadInput
from embedlab.ngrams import Sampler

P = np.array([0.1, 0.4, 0.0, 0.3, 0.2])


def of(sampler, probabilities=P):
    order, weights = sampler.candidates(probabilities)
    return dict(zip(order.tolist(), weights.tolist(), strict=True))


def test_candidates_by_hand():
    assert of(Sampler()) == pytest.approx({1: 0.4, 3: 0.3, 4: 0.2, 0: 0.1})
    assert of(Sampler(), 7 * P) == pytest.approx(of(Sampler()))
    assert of(Sampler(temperature=0.5)) == pytest.approx({1: 16 / 30, 3: 9 / 30, 4: 4 / 30, 0: 1 / 30})
    assert of(Sampler(top_k=2)) == pytest.approx({1: 4 / 7, 3: 3 / 7})
    assert of(Sampler(top_k=9)) == pytest.approx(of(Sampler()))
    assert of(Sampler(top_p=0.7)) == pytest.approx({1: 4 / 7, 3: 3 / 7})
    assert of(Sampler(top_p=0.71)) == pytest.approx({1: 4 / 9, 3: 3 / 9, 4: 2 / 9})
    assert of(Sampler(top_p=1)) == pytest.approx(of(Sampler()))
    assert of(Sampler(top_k=3, top_p=0.4)) == {1: 1}  # 4/9 of three
    assert of(Sampler(temperature=1e-9)) == pytest.approx({1: 1, 3: 0, 4: 0, 0: 0})


def test_equally_probable_ones_in_order():
    assert list(of(Sampler(top_k=2), np.full(4, 0.25))) == [0, 1]


def test_frequencies():
    sampler = Sampler(seed=3)
    drawn = np.bincount([sampler.draw(P) for _ in range(5_000)], minlength=5)
    np.testing.assert_allclose(drawn / 5_000, P, atol=0.02)
    assert drawn[2] == 0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"temperature": 0.0}, "temperature=0.0: it must be above zero"),
        ({"temperature": -1.0}, "temperature=-1.0"),
        ({"temperature": float("nan")}, "temperature=nan"),
        ({"top_k": 0}, "top_k=0"),
        ({"top_p": 0.0}, "top_p=0.0"),
        ({"top_p": 1.5}, "top_p=1.5"),
    ],
)
def test_what_is_refused(wrong, said):
    with pytest.raises(BadInput, match=said):
        Sampler(**wrong)


def test_nothing_probable():
    with pytest.raises(BadInput, match="no word a probability"):
        Sampler().draw(np.zeros(3))
