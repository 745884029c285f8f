"""From text to a :class:`Corpus`, once: counted, numbered and written where it is found again.

The text is read once. Its distinct tokens are numbered as they appear, and the numbers go to a file on disk; when all
is counted, that file is rewritten with the final numbers. So a token is split and looked up once only, and memory holds
the distinct tokens but never the text.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedlab.data.corpus import IDS, OFFSETS, VOCABULARY, Corpus, cache_directory
from embedlab.data.made_once import made_once
from embedlab.data.npy import NpyAppender
from embedlab.data.text_progress import ReadingProgress
from embedlab.data.text_sources import TextFile, TextSource, text_files
from embedlab.data.token_stream import merged, read_ids, renumbered, summed, write_tokens
from embedlab.errors import BadInput
from embedlab.kernels.sentences import SentenceEncoder
from embedlab.text.phrases import Phrases
from embedlab.text.tokenize import Tokenizer, Words
from embedlab.text.vocabulary import EOS, UNKNOWN, Vocabulary

FORMAT = 1  # of what is on disk; a new number makes all corpora anew


@dataclass(frozen=True)
class Preparation:
    """How a corpus is made from text.

    Args:
        tokenizer: how text becomes tokens.
        min_count: rarer words are dropped, and the gap closes.
        max_size: only so many of the most frequent words are kept.
        lines: each line is a sentence; otherwise each file is running text.
        max_sentence: longer sentences are cut into pieces of so many words (word2vec: 1000, gensim: 10000).
        unknown: dropped words become the word ``<unk>``.
        eos: each sentence ends with the word ``<eos>``.
        phrases: thresholds of passes that join pairs of words to phrases (see :class:`embedlab.text.Phrases`); a later
            pass makes longer phrases. word2vec's example: ``[200, 100]``.
        phrase_delta: keeps rare pairs from becoming phrases.
    """

    tokenizer: Tokenizer = field(default_factory=Words)
    min_count: int = 5
    max_size: int | None = None
    lines: bool = True
    max_sentence: int | None = None
    unknown: bool = False
    eos: bool = False
    phrases: Sequence[float] = ()
    phrase_delta: int = 5

    def __post_init__(self) -> None:
        if self.max_sentence is not None and self.max_sentence < 1:
            raise BadInput(f"max_sentence={self.max_sentence}: a sentence needs room for at least one word")

    def __call__(
        self,
        sources: str | Path | Sequence[str | Path | TextSource],
        cache: str | Path | None = None,
        progress: bool = False,
        vocabulary: Vocabulary | None = None,
    ) -> Corpus:
        """The corpus of the sources, from the cache if it was made before and nothing has changed.

        Args:
            sources: files, patterns, folders, or :class:`embedlab.data.hub_text.HubText`.
            cache: directory; see :func:`embedlab.data.corpus.cache_directory`.
            progress: show a bar, on a terminal.
            vocabulary: of another text, by which this one is numbered; its counts stay those of the other.

        Raises:
            BadInput: a source is missing, empty, binary or not UTF-8; or no words are left.
        """
        texts = open_texts(sources)
        identities = [text.identity() for text in texts]
        made_from = {"format": FORMAT, "sources": identities, "preparation": repr(self)}
        if vocabulary is not None:
            made_from["vocabulary"] = hashlib.sha256("\n".join(vocabulary.words).encode()).hexdigest()
        if None in identities:
            made_from["only now"] = os.urandom(16).hex()
        digest = hashlib.sha256(json.dumps(made_from).encode()).hexdigest()[:20]
        directory = cache_directory(cache) / "corpora" / digest
        make = partial(self._make, texts, made_from, progress, vocabulary)
        return Corpus(made_once(directory, make))

    def _make(
        self,
        texts: Sequence[TextSource],
        made_from: dict[str, Any],
        progress: bool,
        vocabulary: Vocabulary | None,
        folder: Path,
    ) -> dict[str, Any]:
        """Fills a folder with the corpus; what its fingerprint says."""
        with ReadingProgress(progress) as bars:
            stream = folder / "tokens"
            tokens, counts = write_tokens(texts, self.tokenizer, self.lines, stream, bars)
            self._number(tokens, counts, stream, bars, vocabulary)
        return {**made_from, "tokens_read": int(counts.sum())}

    def _number(
        self,
        tokens: list[str],
        counts: NDArray[np.int64],
        stream: Path,
        bars: ReadingProgress,
        given: Vocabulary | None,
    ) -> None:
        """Writes vocabulary, ids and offsets beside a stream of tokens, which is removed."""
        words, numbers = merged(map(self.tokenizer.normalise, tokens))
        counts = summed(counts, numbers, len(words))
        for turn, threshold in enumerate(self.phrases):
            phrases = Phrases.learn(renumbered(stream, numbers), counts, threshold, self.phrase_delta)
            names, places = merged(words + phrases.names(words))  # a phrase may be a word already
            joined = stream.with_name(f"joined_{turn}")
            counts = np.zeros(len(names), np.int64)
            with joined.open("wb") as out:
                for ids in phrases.join(renumbered(stream, numbers), len(words)):
                    counts += np.bincount(places[ids[ids >= 0]], minlength=len(names))
                    out.write(ids.data)
            stream.unlink()
            words, numbers, stream = names, places, joined
        if given is None:
            vocabulary, final = self._vocabulary(words, counts, numbers, stream)
        else:
            vocabulary, final = given, _numbered(given, words, numbers)
            if (final < 0).all():
                raise BadInput("there are no words in the corpus that the vocabulary knows")
        folder = stream.parent
        vocabulary.save(folder / VOCABULARY)
        encoder = SentenceEncoder(final, self.max_sentence, vocabulary.index[EOS] if self.eos else None)
        bar, done = bars.begin("numbering", stream.stat().st_size // 4), 0
        with NpyAppender(folder / IDS, np.int32) as ids_file, NpyAppender(folder / OFFSETS, np.int64) as offsets_file:
            offsets_file.append(np.zeros(1, np.int64))
            for block in read_ids(stream):
                ids, bounds = encoder.encode(block)
                ids_file.append(ids)
                offsets_file.append(bounds)
                done += len(block)
                bars.reached(bar, done, done)
        stream.unlink()

    def _vocabulary(
        self, words: list[str], counts: NDArray[np.int64], numbers: NDArray[np.int32], stream: Path
    ) -> tuple[Vocabulary, NDArray[np.int32]]:
        """The vocabulary, and the number in it of each id of the stream."""

        def select(sentences: int | None) -> tuple[Vocabulary, NDArray[np.int32]]:
            kept = Vocabulary.select(words, counts, self.min_count, self.max_size, self.unknown, sentences)
            return kept, _numbered(kept, words, numbers)

        if not self.eos:
            return select(None)
        # How many sentences keep a word decides the count, and so the place, of <eos>.
        encoder = SentenceEncoder(select(0)[1])
        return select(sum(len(encoder.encode(block)[1]) for block in read_ids(stream)))


def _numbered(vocabulary: Vocabulary, words: list[str], numbers: NDArray[np.int32]) -> NDArray[np.int32]:
    """The number in the vocabulary of each id of the stream, ``words`` being what ``numbers`` number."""
    other = vocabulary.index.get(UNKNOWN, -1)
    final = np.array([*(vocabulary.index.get(word, other) for word in words), -1], np.int32)
    return final[np.where(numbers < 0, -1, numbers)]


def open_texts(sources: str | Path | Sequence[str | Path | TextSource]) -> list[TextSource]:
    """Files, patterns, folders and sources of other kinds as sources.

    Raises:
        BadInput: a file is missing, or all are empty.
    """
    texts: list[TextSource] = []
    for source in [sources] if isinstance(sources, str | Path) else sources:
        texts += text_files(source) if isinstance(source, str | Path) else [source]
    if not texts:
        raise BadInput("no text is named")
    if all(isinstance(text, TextFile) and text.size == 0 for text in texts):
        raise BadInput(f"{texts[0].name}: an empty file" if len(texts) == 1 else "all text files are empty")
    return texts
