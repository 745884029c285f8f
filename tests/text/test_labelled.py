"""Trees in brackets: words, phrases, and what is no tree."""

import pytest

from embedlab.text.labelled import Tree, parse_tree

LINE = "(3 (2 It) (4 (2 's) (3 fun)))"


def test_a_tree_has_words_and_phrases():
    tree = parse_tree(LINE)
    assert tree == Tree("3", (Tree("2", (), "It"), Tree("4", (Tree("2", (), "'s"), Tree("3", (), "fun")))))
    assert tree.words == ["It", "'s", "fun"]
    assert [(phrase.label, " ".join(phrase.words)) for phrase in tree.phrases()] == [
        ("3", "It 's fun"), ("2", "It"), ("4", "'s fun"), ("2", "'s"), ("3", "fun"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", r"\( is expected, not the end of the line"),
        ("(3 (2 It)", r"\) is expected, not the end of the line"),
        ("(3 (2 It) fun)", r"\) is expected, not fun"),
        ("(3 )", r"a class or a word is expected, not \)"),
        ("(() fun)", r"a class or a word is expected, not \("),
        ("(3 fun) (2 It)", r"'\(' after the end of the tree"),
        ("fun", r"\( is expected, not fun"),
    ],
)
def test_what_is_no_tree(line, said):
    with pytest.raises(ValueError, match=said):
        parse_tree(line)
