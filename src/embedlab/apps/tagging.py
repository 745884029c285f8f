"""What a tagger says of a text: its words, and under each its tag."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from rich.cells import cell_len

from embedlab.errors import BadInput

GAP = "  "  # between two columns


def tag_texts(
    tag: Callable[[Sequence[Sequence[str]]], Iterable[list[str]]],
    split: Callable[[str], list[str]],
    texts: Sequence[str],
) -> Iterator[tuple[list[str], list[str]]]:
    """Words and tags of each text, which is taken as one sentence; texts without words are passed over.

    Args:
        tag: sentences to tags, as :meth:`embedlab.tasks.tagging.Tagging.tag`.
        split: a text to words.
        texts: at least one with a word in it.

    Raises:
        BadInput: there is no word in any of them.
    """
    sentences = [words for text in texts if (words := split(text))]
    if not sentences:
        raise BadInput("there is no text to tag: embedlab tag RUN 'The dog barks.', or lines of standard input")
    yield from zip(sentences, tag(sentences), strict=True)


def aligned(words: Sequence[str], tags: Sequence[str], width: int) -> str:
    """Words with their tags under them, in as many pairs of lines as the width asks for."""
    pairs: list[tuple[list[str], list[str]]] = []
    left = 0
    for word, tag in zip(words, tags, strict=True):
        column = max(cell_len(word), cell_len(tag))
        if not pairs or left < column:
            pairs.append(([], []))
            left = width
        left -= column + len(GAP)
        for line, text in zip(pairs[-1], (word, tag), strict=True):
            line.append(text + " " * (column - cell_len(text)))
    return "\n\n".join("\n".join(GAP.join(line).rstrip() for line in pair) for pair in pairs)
