import pytest

from embedlab.vectors.spelling import nearest_spelling

WORDS = ["London", "currency", "country", "столица"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [("london", "London"), ("LONDON", "London"), ("curency", "currency"), ("сталица", "столица"), ("xyz", None)],
)
def test_nearest(word, meant):
    assert nearest_spelling(word, WORDS, {known: row for row, known in enumerate(WORDS)}) == meant
