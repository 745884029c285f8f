from embedlab.evaluation.word_lookup import WordLookup

WORDS = ["Paris", "paris", "Кот", "rare"]


def test_the_first_spelling_stands_for_all():
    lookup = WordLookup(WORDS, None, case_fold=True)
    assert lookup(["PARIS", "paris", "кот", "none"]).tolist() == [0, 0, 2, -1]
    assert lookup.first.tolist() == [0, 0, 2, 3]


def test_case_kept_and_vocabulary_cut():
    lookup = WordLookup(WORDS, 3, case_fold=False)
    assert lookup(["paris", "кот", "rare"]).tolist() == [1, -1, -1]
    assert lookup.first.tolist() == [0, 1, 2]


def test_words_of_a_test_need_no_tags():
    lookup = WordLookup(["печь_VERB", "печь_NOUN", "Хлеб_NOUN"], None, case_fold=True)
    assert lookup(["печь", "печь_noun", "хлеб", "мука"]).tolist() == [0, 1, 2, -1]
    assert lookup.first.tolist() == [0, 1, 2]
    assert WordLookup(["печь_VERB", "хлеб_NOUN"], 1, case_fold=True)(["печь", "хлеб"]).tolist() == [0, -1]
