"""Tests of word vectors by name, and a user's own files of them."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from embedlab.data.word_senses import read_contexts, read_scws, read_semeval2010
from embedlab.errors import BadInput
from embedlab.evaluation.word_analogies import Analogies, Question
from embedlab.evaluation.word_categories import CategorizedWords
from embedlab.evaluation.word_senses import SenseContexts
from embedlab.evaluation.word_similarity import WordPairs
from embedlab.evaluation.words import WordSet
from embedlab.text.tokenize import Tokenizer, Words

ENGLISH, RUSSIAN = "word_eval_en", "word_eval_ru"

# Contexts of ambiguous words, for vectors of several senses a word. Of RUSSE 2018 the parts whose senses are known.
SENSES = {
    "semeval2010": "wsi_en_semeval2010/dataset.txt.gz",
    "russe_wiki_wiki": "wsi_ru/main_wiki-wiki_train.csv",
    "russe_bts_rnc": "wsi_ru/main_bts-rnc_train.csv.gz",
    "russe_active_dict": "wsi_ru/main_active-dict_train.csv",
    "russe_active_rnc": "wsi_ru/additional_active-rnc_train.csv.gz",
    "russe_active_rutenten": "wsi_ru/additional_active-rutenten_train.csv.gz",
    "russe_bts_rutenten": "wsi_ru/additional_bts-rutenten_train.csv",
    "scws": f"{ENGLISH}/scws.txt.gz",
}

# Where each set lies below the folder of the data sets. Of RUSSE's rt and ae these are the test parts, whose pairs
# that are not related were checked by people; hj is human judgements as a whole.
FILES = {
    "ws353": f"{ENGLISH}/EN-WS-353-ALL.txt",
    "ws353_sim": f"{ENGLISH}/EN-WS-353-SIM.txt",
    "ws353_rel": f"{ENGLISH}/EN-WS-353-REL.txt",
    "simlex999": f"{ENGLISH}/EN-SIMLEX-999.txt",
    "men": f"{ENGLISH}/EN-MEN-TR-3k.txt",
    "rw": f"{ENGLISH}/EN-RW-STANFORD.txt",
    "mturk287": f"{ENGLISH}/EN-MTurk-287.txt",
    "mturk771": f"{ENGLISH}/EN-MTurk-771.txt",
    "rg65": f"{ENGLISH}/EN-RG-65.txt",
    "mc30": f"{ENGLISH}/EN-MC-30.txt",
    "yp130": f"{ENGLISH}/EN-YP-130.txt",
    "verb143": f"{ENGLISH}/EN-VERB-143.txt",
    "simverb3500": f"{ENGLISH}/EN-SimVerb-3500.txt",
    "semeval17": f"{ENGLISH}/semeval17.csv",
    "google_analogies": f"{ENGLISH}/questions-words.txt",
    "google_phrases": f"{ENGLISH}/questions-phrases.txt",
    "msr_analogies": f"{ENGLISH}/analogy_msr.csv",
    "ap": f"{ENGLISH}/categorization_ap.csv",
    "battig": f"{ENGLISH}/categorization_battig.csv",
    "bless": f"{ENGLISH}/categorization_bless.csv",
    "esslli2008": f"{ENGLISH}/categorization_essli2008.csv",
    "hj": f"{RUSSIAN}/hj.csv",
    "hj_sim": f"{RUSSIAN}/hj-wordsim353-similarity.csv",
    "hj_rel": f"{RUSSIAN}/hj-wordsim353-relatedness.csv",
    "rt": f"{RUSSIAN}/rt-test.csv",
    "ae": f"{RUSSIAN}/ae-test.csv",
    "ae2": f"{RUSSIAN}/ae2-test.csv",
    "simlex965_ru": f"{RUSSIAN}/simlex965.csv",
    "simlex999_ru": f"{RUSSIAN}/simlex999.csv",
    **SENSES,
}


class _Line(NamedTuple):
    number: int
    cells: list[str]


def read_word_set(name: str, root: str | Path, tokenizer: Tokenizer | None = None) -> WordSet:
    """A set of :data:`FILES`, or a file of the user's own.

    Args:
        name: of a set, or the path of a file: ``word1 word2 score`` or ``a b c d`` on each line, set apart by tabs,
            commas or spaces; before analogies ``: section`` lines, of which those called ``gram…`` are about word
            forms; a header names columns as the sets do (``word1``, ``word2``, then the score; that of contexts with
            their senses is RUSSE 2018's); ``#`` begins a comment.
        root: the folder of the data sets.
        tokenizer: of contexts: that of the text that the vectors are trained on; None: words in lower case.

    Raises:
        BadInput: no such set or file; a line that is neither.
    """
    path = Path(root) / FILES[name] if name in FILES else Path(name)
    if not path.is_file():
        if name in FILES:
            raise BadInput(f"{name}: no file {path}; set EMBEDLAB_DATA to the folder of the data sets")
        raise BadInput(f"{name}: no such file; sets are {', '.join(FILES)}")
    if name == "scws":
        return read_scws(path, tokenizer or Words())
    if name in SENSES:
        contexts = read_semeval2010(path.parent) if name == "semeval2010" else read_contexts(path)
        return SenseContexts(contexts, tokenizer or Words())
    lines = _lines(path)
    header = lines[0].cells
    if "gold_sense_id" in header:
        return SenseContexts(read_contexts(path), tokenizer or Words())
    if "category" in header:
        of = header.index("category"), header.index("word")
        category, word = zip(*((line.cells[of[0]], line.cells[of[1]]) for line in lines[1:]), strict=True)
        return CategorizedWords(word, category)
    if "target" in header or ((header[0].startswith(":") or len(header) == 4) and "word1" not in header):
        return _analogies(path, lines)
    return _pairs(path, lines)


def read_word_sets(names: Sequence[str], root: str | Path) -> dict[str, WordSet]:
    """Several sets; without names all of :data:`FILES` whose files are there, but those of :data:`SENSES`.

    Raises:
        BadInput: as of :func:`read_word_set`; or no names, and none of the sets is there.
    """
    found = names or [n for n, file in FILES.items() if n not in SENSES and (Path(root) / file).is_file()]
    if not found:
        raise BadInput(f"no sets of words in {root}: set EMBEDLAB_DATA to their folder, or name a file of pairs")
    return {Path(name).stem: read_word_set(name, root) for name in found}


def _lines(path: Path) -> list[_Line]:
    """The cells of every line that is neither empty nor a comment."""
    try:
        text = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise BadInput(f"{path}: not text in UTF-8") from None
    separator = next((mark for mark in ("\t", ",") if mark in (text[-1] if text else "")), None)
    rows = csv.reader(text, delimiter=separator, quoting=csv.QUOTE_MINIMAL) if separator else map(str.split, text)
    lines = [_Line(number, [cell.strip() for cell in row]) for number, row in enumerate(rows, 1)]
    lines = [line for line in lines if any(line.cells) and not line.cells[0].startswith("#")]
    if not lines:
        raise BadInput(f"{path}: is empty")
    return lines


def _pairs(path: Path, lines: Sequence[_Line]) -> WordPairs:
    header = lines[0].cells
    columns = (header.index("word1"), header.index("word2"), len(header) - 1) if "word1" in header else (0, 1, 2)
    rows = []
    for line in lines["word1" in header :]:
        try:
            first, second, score = (line.cells[column] for column in columns)
            rows.append((first, second, float(score)))
            if not first or not second or not np.isfinite(float(score)) or len(line.cells) <= 2:
                raise ValueError
        except (ValueError, IndexError):
            raise BadInput(f"{path}, line {line.number}: 'word1 word2 score' is expected") from None
    if not rows:
        raise BadInput(f"{path}: no pairs")
    words, others, scores = zip(*rows, strict=True)
    return WordPairs(words, others, np.array(scores))


def _analogies(path: Path, lines: Sequence[_Line]) -> Analogies:
    header = lines[0].cells
    if "target" in header:  # of MSR: the kind of question, then its words
        columns = [header.index(name) for name in ("type", "word1", "word2", "word3", "target")]
        rows = [(line.number, [line.cells[column] for column in columns]) for line in lines[1:]]
    else:
        rows, section = [], path.stem
        for line in lines:
            if line.cells[0].startswith(":"):
                section = " ".join(line.cells).lstrip(": ")
            else:
                rows.append((line.number, [section, *line.cells]))
    sections: dict[str, list[Question]] = {}
    for number, (section, *words) in rows:
        if len(words) != 4 or not all(words):
            raise BadInput(f"{path}, line {number}: four words are expected, or ': section'")
        sections.setdefault(section, []).append(Question(*words))
    if not sections:
        raise BadInput(f"{path}: no questions")
    return Analogies(sections, frozenset(name for name in sections if "target" in header or name.startswith("gram")))
