import numpy as np
import pytest

from embedlab.data.word_sets import FILES, SENSES, read_word_set, read_word_sets
from embedlab.errors import BadInput
from embedlab.evaluation.word_analogies import Analogies, Question
from embedlab.evaluation.word_categories import CategorizedWords
from embedlab.evaluation.word_senses import SenseContext, SenseContexts
from embedlab.evaluation.word_similarity import WordPairs
from embedlab.text import Words

SIZES = {
    "ws353": 353, "ws353_sim": 203, "ws353_rel": 252, "simlex999": 999, "men": 3000, "rw": 2034, "mturk287": 287,
    "mturk771": 771, "rg65": 65, "mc30": 30, "yp130": 130, "verb143": 144, "simverb3500": 3500, "semeval17": 500,
    "hj": 398, "hj_sim": 202, "hj_rel": 250, "rt": 9548, "ae": 1952, "ae2": 3002, "simlex965_ru": 965,
    "simlex999_ru": 999,
}  # fmt: skip


def test_every_set_is_read_whole(data_root):
    sets = read_word_sets([], data_root)
    assert list(sets) == [name for name in FILES if name not in SENSES]
    for name, found in sets.items():
        if isinstance(found, WordPairs):
            assert len(found.scores) == len(found.first) == len(found.second) == SIZES[name], name
            assert found.yes_or_no == (name in ("rt", "ae", "ae2"))
            assert not any(word != word.strip() for word in found.first + found.second)
        elif isinstance(found, CategorizedWords):
            assert len(found.words) == len(found.categories)
        else:
            assert all(len(question) == 4 for of in found.sections.values() for question in of)


def test_values_of_real_sets(data_root):
    pairs = read_word_set("ws353", data_root)
    assert (pairs.first[0], pairs.second[0], pairs.scores[0]) == ("love", "sex", 6.77)
    pairs = read_word_set("simlex965_ru", data_root)
    assert (pairs.first[0], pairs.second[0], pairs.scores[0]) == ("авария", "бедствие", 0.615)
    google = read_word_set("google_analogies", data_root)
    assert sum(map(len, google.sections.values())) == 19544
    assert len(google.sections) == 14
    assert len(google.syntactic) == 9
    assert google.sections["capital-common-countries"][0] == ("Athens", "Greece", "Baghdad", "Iraq")
    msr = read_word_set("msr_analogies", data_root)
    assert sum(map(len, msr.sections.values())) == 8000
    assert msr.syntactic == set(msr.sections)
    assert msr.sections["JJ_JJR"][0] == ("good", "better", "rough", "rougher")
    battig = read_word_set("battig", data_root)
    assert (battig.words[0], battig.categories[0]) == ("diamond", "precious stone")


@pytest.mark.parametrize(
    "text",
    [
        "a b 1\nc d 2.5\n", "a\tb\t1\r\nc\td\t2.5\r\n", "a,b,1\nc,d,2.5", "# a comment\na b 1\n\nc d 2.5\n",
        "word1,word2,sim\na,b,1\nc,d,2.5\n", ",word1,word2,similarity\n0,a,b,1\n1,c,d,2.5\n", "\ufeffa b 1\nc d 2.5\n",
    ],
)  # fmt: skip
def test_pairs_of_ones_own(text, tmp_path):
    (tmp_path / "own.txt").write_text(text, encoding="utf-8")
    pairs = read_word_set(str(tmp_path / "own.txt"), tmp_path)
    assert isinstance(pairs, WordPairs)
    assert (pairs.first, pairs.second) == (("a", "c"), ("b", "d"))
    np.testing.assert_array_equal(pairs.scores, [1, 2.5])


def test_questions_of_ones_own(tmp_path):
    (tmp_path / "own.txt").write_text("a b c d\n")
    assert read_word_set(str(tmp_path / "own.txt"), "").sections == {"own": [Question("a", "b", "c", "d")]}
    (tmp_path / "own.txt").write_text(": one two\na b c d\n: gram3\ne f g h\n")
    found = read_word_set(str(tmp_path / "own.txt"), "")
    assert isinstance(found, Analogies)
    assert list(found.sections) == ["one two", "gram3"]
    assert found.syntactic == {"gram3"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "own.txt: is empty"),
        ("a b 1\nc d\n", "own.txt, line 2: 'word1 word2 score' is expected"),
        ("a b 1\n\nc d high\n", "own.txt, line 3: 'word1 word2 score' is expected"),
        ("a b nan\n", "own.txt, line 1: 'word1 word2 score' is expected"),
        (": x\na b c d\na b c\n", "own.txt, line 3: four words are expected"),
    ],
)
def test_bad_lines_are_named(text, complaint, tmp_path):
    (tmp_path / "own.txt").write_text(text)
    with pytest.raises(BadInput, match=complaint):
        read_word_set(str(tmp_path / "own.txt"), tmp_path)


def test_no_such_set(tmp_path):
    with pytest.raises(BadInput, match="ws354: no such file; sets are ws353, "):
        read_word_set("ws354", tmp_path)
    with pytest.raises(BadInput, match="EMBEDLAB_DATA"):
        read_word_set("ws353", tmp_path)
    with pytest.raises(BadInput, match=r"no sets of words in .*: set EMBEDLAB_DATA to their folder"):
        read_word_sets([], tmp_path)


def test_contexts_of_senses_by_name(data_root):
    sizes = {name: len(read_word_set(name, data_root).contexts) for name in SENSES if name != "scws"}
    assert sizes == {
        "semeval2010": 8915, "russe_wiki_wiki": 439, "russe_bts_rnc": 3491, "russe_active_dict": 2073,
        "russe_active_rnc": 1828, "russe_active_rutenten": 3671, "russe_bts_rutenten": 956,
    }  # fmt: skip


def test_contexts_of_ones_own(tmp_path):
    rows = [
        "context_id\tword\tgold_sense_id\tpredict_sense_id\tpositions\tcontext",
        "1\tзамок\t2\t\t11-16\tключ в том замке заело", "2\tзамок\t1\t\t7-12,0-5\tЗамок, замок князя",
    ]  # fmt: skip
    (tmp_path / "own.csv").write_text("\n".join(rows), encoding="utf-8")
    found = read_word_set(str(tmp_path / "own.csv"), "", Words(lower=False))
    assert isinstance(found, SenseContexts)
    assert found.contexts == [
        SenseContext("замок", "ключ в том", "заело", "2"), SenseContext("замок", "", ", замок князя", "1"),
    ]  # fmt: skip
    assert found.split("Замок, князя") == ["Замок", "князя"]
    assert read_word_set(str(tmp_path / "own.csv"), "").split("Замок") == ["замок"]
    (tmp_path / "own.csv").write_text("\n".join([*rows, "3\tзамок\t1\t\tfirst\tЗамок"]), encoding="utf-8")
    with pytest.raises(BadInput, match=r"own\.csv, line 4: the columns word, gold_sense_id, positions"):
        read_word_set(str(tmp_path / "own.csv"), "")
