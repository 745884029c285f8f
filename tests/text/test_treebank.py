import pytest

from embedlab.text import Treebank

HEART, SURFER = "\u2764\ufe0f", "\U0001f3c4\U0001f3fe\u200d\u2640\ufe0f"  # of several characters each


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Isn't it John's, or aren’t they?", "Is n't it John 's , or are n’t they ?"),
        ("Wait... what?!! (No.)", "Wait ... what ? !! ( No . )"),
        ("at 12:30, $1,000.50 in the U.S. (3/4)", "at 12:30 , $ 1,000.50 in the U.S. ( 3 / 4 )"),
        ("see http://a.org/b?c=1. Or me@a.org, @you #tag", "see http://a.org/b?c=1 . Or me@a.org , @you #tag"),
        ("well-known :)", "well - known :)"),
        ("Всё т.е. кто-то", "Всё т.е. кто - то"),
        ("cafe\u0301", "café"),
        (f"{HEART}{SURFER}{HEART}", f"{HEART} {SURFER} {HEART}"),
        (" \n ", ""),
    ],
)  # fmt: skip
def test_tokens(text, tokens):
    assert Treebank()(text) == tokens.split()


def test_what_holds_words_together():
    assert Treebank(joiners="-")("кто-то - no- well-known") == ["кто-то", "-", "no", "-", "well-known"]


def test_normal_forms():
    assert Treebank(lower=True, fold_yo=True)("Ещё Don't") == ["еще", "do", "n't"]
