import sys
from types import SimpleNamespace
from typing import ClassVar

import pytest

from embedlab.errors import BadInput
from embedlab.text import Morphology, Words
from embedlab.text.morphology import _pymorphy, are_tagged, split_tag


class Stand:
    """Speaks like pymorphy3's analyzer, of a few words."""

    KNOWN: ClassVar = {
        "кошки": ("кошка", "NOUN", set()),
        "бежали": ("бежать", "VERB", set()),
        "москве": ("москва", "NOUN", {"Geox"}),
        "этот": ("этот", "ADJF", {"Apro"}),
        "xyz": ("xyz", None, {"LATN"}),
    }

    def parse(self, word):
        lemma, part, grammemes = self.KNOWN[word]
        return [SimpleNamespace(normal_form=lemma, tag=SimpleNamespace(POS=part, grammemes=grammemes))]


def test_lemmas_and_universal_tags():
    text = "Кошки бежали: этот, xyz (Москве)"
    assert Words(normal_form=Morphology(analyzer=Stand()))(text) == ["кошка", "бежать", "этот", "xyz", "москва"]
    assert Words(normal_form=Morphology(tagged=True, analyzer=Stand()))(text) == [
        "кошка_NOUN", "бежать_VERB", "этот_DET", "xyz_X", "москва_PROPN",
    ]  # fmt: skip


def test_its_name_does_not_change_with_use():
    morphology = Morphology(tagged=True)
    assert repr(Words(normal_form=morphology)).count("Morphology(tagged=True)") == 1


def test_pymorphy():
    pytest.importorskip("pymorphy3")
    tagged = Words(normal_form=Morphology(tagged=True))
    assert tagged("Мама читала красивую книгу в Москве") == [
        "мама_NOUN", "читать_VERB", "красивый_ADJ", "книга_NOUN", "в_ADP", "москва_PROPN",
    ]  # fmt: skip


def test_without_pymorphy_one_line_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymorphy3", None)
    _pymorphy.cache_clear()
    with pytest.raises(BadInput, match=r"pip install 'embedlab\[russian\]'"):
        Morphology()("кошки")


def test_a_tag_is_split_off():
    assert split_tag("новый_год_NOUN") == ("новый_год", "NOUN")
    for plain in ("слово", "new_york", "_NOUN", "слово_noun"):
        assert split_tag(plain) == (plain, "")
    assert are_tagged(["в_ADP", "слово_NOUN", "new_york"])
    assert not are_tagged(["слово_NOUN", "new_york"])
    assert not are_tagged([])
