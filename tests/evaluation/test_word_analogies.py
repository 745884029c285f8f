import numpy as np
import pytest

from embedlab.evaluation.word_analogies import Analogies, Question, WordAnalogies
from embedlab.vectors import WordVectors


def related_words(sections, noise=0.9):
    """Vectors in which each section's pairs differ by a common offset and noise, so that about half can be solved."""
    rng = np.random.default_rng(0)
    rows: dict[str, np.ndarray] = {}
    for questions in sections.values():
        offset = rng.normal(size=40)
        for question in questions:
            for first, second in (question[:2], question[2:]):
                base = rows.setdefault(first, rng.normal(size=40))
                rows.setdefault(second, base + offset + noise * rng.normal(size=40))
    words = list(rows)
    rng.shuffle(words)
    words += [word.upper() for word in words[::7]] + [word.swapcase() for word in words[::11]]
    words = list(dict.fromkeys(words))
    return WordVectors(words, np.array([rows.get(word, rng.normal(size=40)) for word in words]))


def brute_force(vectors, question, method, restrict_vocab=None, case_fold=True):
    """The answer by its definition, one word after the other, in float64."""

    def fold(word):
        return word.upper() if case_fold else word

    words = vectors.index_to_key[:restrict_vocab]
    first = {fold(word): row for row, word in reversed(list(enumerate(words)))}
    if any(fold(word) not in first for word in question):
        return None
    units = vectors.vectors / np.linalg.norm(vectors.vectors, axis=1, keepdims=True)
    a, b, c = (units[first[fold(word)]].astype(np.float64) for word in question[:3])
    best, answer = -np.inf, None
    for row, word in enumerate(words):
        if fold(word) in {fold(given) for given in question[:3]}:
            continue
        x, y, z = units[row] @ a, units[row] @ b, units[row] @ c
        score = y + z - x if method == "3cosadd" else (1 + y) / 2 * (1 + z) / 2 / ((1 + x) / 2 + 1e-6)
        if score > best:
            best, answer = score, word
    return fold(answer) == fold(question[3])


@pytest.fixture
def sections():
    rng = np.random.default_rng(0)
    return {
        name: [
            Question(f"{name}a{i}", f"{name}b{i}", f"{name}a{j}", f"{name}b{j}")
            for i, j in rng.integers(0, 9, (40, 2)).tolist()
            if i != j
        ]
        for name in ("x", "gram1")
    }


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
@pytest.mark.parametrize(("restrict_vocab", "case_fold"), [(None, True), (30, True), (None, False)])
def test_by_its_definition(sections, method, restrict_vocab, case_fold, monkeypatch):
    monkeypatch.setattr("embedlab.evaluation.word_analogies._WORDS", 7)  # many blocks
    monkeypatch.setattr("embedlab.evaluation.word_analogies._QUESTIONS", 5)
    vectors = related_words(sections, noise=2.5)
    questions = [question for of in sections.values() for question in of]
    expected = [brute_force(vectors, question, method, restrict_vocab, case_fold) for question in questions]
    result = WordAnalogies(restrict_vocab, case_fold, [method])(vectors, Analogies(sections, frozenset(["gram1"])))
    assert result.correct[method].tolist() == [right for right in expected if right is not None]
    known = np.array([right is not None for right in expected])
    assert result.coverage == known.mean()
    assert 0.1 < result.correct[method].mean() < 0.95  # or the test would show nothing
    metrics = result.metrics()
    assert metrics[method].value == pytest.approx(result.correct[method].mean())
    syntactic = np.array(["gram" in question[0] for question in questions])[known]
    assert metrics[f"{method}_syntactic"].value == pytest.approx(result.correct[method][syntactic].mean())
    assert metrics[f"{method}_semantic"].value == pytest.approx(result.correct[method][~syntactic].mean())
    assert result.by_section(method)["x"].value == metrics[f"{method}_semantic"].value


def test_unknown_words_count_as_wrong_if_asked(sections):
    vectors = related_words(sections)
    analogies = Analogies({**sections, "none": [Question("no", "such", "words", "here")] * 20})
    skipped, wrong = (WordAnalogies(unknown_is_wrong=choice)(vectors, analogies) for choice in (False, True))
    assert len(wrong.section) == len(skipped.section) + 20
    assert wrong.correct["3cosadd"].sum() == skipped.correct["3cosadd"].sum()
    assert skipped.coverage == wrong.coverage == len(skipped.section) / len(wrong.section)
    assert "none" not in skipped.by_section()
    assert wrong.by_section()["none"].value == 0


def test_no_question_is_known(sections):
    result = WordAnalogies()(WordVectors(["a"], np.ones((1, 2))), Analogies(sections))
    assert {name: estimate.value for name, estimate in result.metrics().items()} == {"coverage": 0}


def test_questions_that_share_their_first_pair_are_dependent():
    vectors = WordVectors(["a", "b", "c", "d"], np.eye(4))
    question = Question("a", "b", "c", "d")
    few, many = (WordAnalogies()(vectors, Analogies({"x": [question] * n})) for n in (1, 50))
    assert few.metrics()["3cosadd"].value == many.metrics()["3cosadd"].value
    assert many.metrics()["3cosadd"].low is None  # one pair, seen fifty times, has no interval


@pytest.mark.parametrize(
    ("method", "case_fold", "restrict_vocab"),
    [("3cosadd", True, 300_000), ("3cosadd", True, 400), ("3cosadd", False, 300_000), ("3cosmul", True, 300_000)],
)
def test_equal_to_gensim_on_the_real_questions(data_root, tmp_path, method, case_fold, restrict_vocab):
    """Some of Google's questions: gensim asks one at a time, and by 3CosMul only in the whole vocabulary."""
    keyed_vectors = pytest.importorskip("gensim.models").KeyedVectors
    from embedlab.data.word_sets import read_word_set

    whole = read_word_set("google_analogies", data_root)
    sections = {name: questions[::20] for name, questions in whole.sections.items()}
    (tmp_path / "questions").write_text(
        "".join(f": {name}\n" + "".join(" ".join(q) + "\n" for q in of) for name, of in sections.items())
    )
    vectors = related_words(sections)
    keyed = keyed_vectors(40)
    keyed.add_vectors(vectors.index_to_key, vectors.vectors)
    if method == "3cosmul":
        keyed.most_similar = keyed.most_similar_cosmul
    score, found = keyed.evaluate_word_analogies(str(tmp_path / "questions"), restrict_vocab, case_fold)
    result = WordAnalogies(restrict_vocab, case_fold, [method])(vectors, Analogies(sections, whole.syntactic))
    assert result.metrics()[method].value == pytest.approx(score)
    assert 0.1 < score < 0.95
    for section in found[:-1]:
        of = result.section == result.names.index(section["section"])
        assert (result.correct[method][of].sum(), of.sum()) == (
            len(section["correct"]), len(section["correct"]) + len(section["incorrect"]),
        )  # fmt: skip


def test_unknown_methods():
    with pytest.raises(ValueError, match=r"methods=\['3cosdiv'\]: of 3cosadd, 3cosmul"):
        WordAnalogies(methods=["3cosdiv"])
