import gzip

import pytest

from embedlab.data.word_senses import RUSSE, read_russe2018, read_scws, read_semeval2010
from embedlab.errors import BadInput

CONTEXTS = {
    "main_wiki-wiki_train": 439, "main_bts-rnc_train": 3491, "main_active-dict_train": 2073,
    "additional_active-rnc_train": 1828, "additional_active-rutenten_train": 3671,
    "additional_bts-rutenten_train": 956,
}  # fmt: skip


def test_the_key_is_matched_by_its_numbers(tmp_path):
    with gzip.open(tmp_path / "dataset.txt.gz", "wt") as file:
        file.write("cat.n 3\nthe first\tpurrs\na second\t\n\tthird\n")
    (tmp_path / "key.txt").write_text("cat.n cat.n.10 c\ncat.n cat.n.1 a\ncat.n cat.n.2 b\n")
    contexts = read_semeval2010(tmp_path)
    assert [(context.left, context.right, context.gold) for context in contexts] == [
        ("the first", "purrs", "a"), ("a second", "", "b"), ("", "third", "c"),
    ]  # fmt: skip
    (tmp_path / "key.txt").write_text("cat.n cat.n.10 c\n")
    with pytest.raises(BadInput, match=r"3 contexts of cat\.n, but 1 senses in key\.txt"):
        read_semeval2010(tmp_path)


def test_semeval_is_read_whole(data_root):
    contexts = read_semeval2010(data_root / "wsi_en_semeval2010")
    assert len(contexts) == 8915
    assert len({context.word for context in contexts}) == 100
    assert (contexts[0].word, contexts[0].left[:20]) == ("access.n", "the port is famous f")


@pytest.mark.parametrize("part", RUSSE)
def test_russe_is_read_whole(data_root, part):
    contexts = read_russe2018(data_root / "wsi_ru", part)
    assert len(contexts) == CONTEXTS[part]
    assert all(context.gold and (context.left or context.right) for context in contexts)
    assert not any(context.left.startswith('"') and '""' in context.left for context in contexts)  # quotes are undone


def test_missing_files(tmp_path):
    with pytest.raises(BadInput, match="main_test: no part with gold senses"):
        read_russe2018(tmp_path, "main_test")
    with pytest.raises(BadInput, match=r"main_wiki-wiki_train\.csv: No such file"):
        read_russe2018(tmp_path, RUSSE[0])


def test_scws(data_root, tmp_path):
    pairs = read_scws(data_root / "word_eval_en" / "scws.txt.gz", str.split)
    assert len(pairs.first) == len(pairs.second) == len(pairs.scores) == 2003
    assert (pairs.first[0].word, pairs.second[0].word, pairs.scores[0]) == ("Brazil", "nut", 1.1)
    assert pairs.first[0].left.endswith("civil rights struggle , in")
    assert pairs.first[0].right.startswith("the philosophy of whitening")
    (tmp_path / "scws.txt").write_text("1\ta\tn\tb\tn\tone <b> a </b> two\tno word here\t3\n")
    with pytest.raises(BadInput, match=r"scws\.txt, line 1: not a pair of SCWS"):
        read_scws(tmp_path / "scws.txt", str.split)
