"""Text to numbers: tokens, vocabularies, phrases, subwords, the Huffman tree."""

from embedlab.text.huffman import HuffmanTree
from embedlab.text.morphology import Morphology
from embedlab.text.phrases import Phrases
from embedlab.text.sampling import Sampling
from embedlab.text.subwords import Subwords
from embedlab.text.tokenize import Characters, Tokenizer, Whitespace, Words
from embedlab.text.treebank import Treebank
from embedlab.text.vocabulary import EOS, UNKNOWN, Vocabulary

__all__ = [
    "EOS", "UNKNOWN", "Characters", "HuffmanTree", "Morphology", "Phrases", "Sampling", "Subwords", "Tokenizer",
    "Treebank", "Vocabulary", "Whitespace", "Words",
]  # fmt: skip
