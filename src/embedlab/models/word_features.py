"""What a tagger sees of a word: its own embedding, vectors learned elsewhere, its spelling."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from embedlab.batch import SentenceBatch
from embedlab.errors import BadInput
from embedlab.models.characters import CharacterCnn, CharacterLstm, embeddings
from embedlab.vectors.formats import load

SPELLING: dict[str, type[CharacterCnn] | type[CharacterLstm]] = {"cnn": CharacterCnn, "lstm": CharacterLstm}


class WordFeatures(nn.Module):
    """Features of each distinct word of a batch, those of all kinds side by side.

    Args:
        vocabulary_size: V.
        alphabet_size: how many characters there are.
        embedding_dim: of the words' own embeddings, which are trained; 0: none.
        vectors: a file of word vectors; see :class:`PretrainedVectors`; None: none.
        characters: ``cnn`` or ``lstm``, features of the spelling; None: none.
        character_dim: of a character's embedding.
        character_features: of a word's spelling.

    Attributes:
        dim: F, numbers that stand for a word.

    Raises:
        BadInput: no features at all, or of an unknown kind; what reading the vectors raises.
    """

    def __init__(
        self,
        vocabulary_size: int,
        alphabet_size: int,
        embedding_dim: int = 100,
        vectors: str | None = None,
        characters: str | None = "cnn",
        character_dim: int = 30,
        character_features: int = 100,
    ) -> None:
        super().__init__()
        if characters not in (None, *SPELLING):
            raise BadInput(f"model.characters={characters}: there are {', '.join(SPELLING)}, and null for none")
        if embedding_dim < 0 or min(character_dim, character_features) < 1:
            raise BadInput(
                f"model.embedding_dim={embedding_dim}, model.character_dim={character_dim}, "
                f"model.character_features={character_features}: the first is at least 0, the others 1"
            )
        if not (embedding_dim or vectors or characters):
            raise BadInput(
                "model.embedding_dim=0: nothing is left to know a word by; give model.vectors or model.characters"
            )
        self.own = embeddings(vocabulary_size, embedding_dim) if embedding_dim else None
        self.pretrained = PretrainedVectors(vectors) if vectors else None
        self.spelling = SPELLING[characters](alphabet_size, character_dim, character_features) if characters else None
        dims = (embedding_dim, self.pretrained.dim if self.pretrained else 0, character_features if characters else 0)
        self.dim = sum(dims)

    def forward(self, batch: SentenceBatch) -> Tensor:
        """``(U, F)`` of the U distinct words."""
        found = []
        if self.own is not None:
            found.append(self.own(batch.words))
        if self.pretrained is not None:
            found.append(self.pretrained(batch.forms))
        if self.spelling is not None:
            found.append(self.spelling(batch.characters, batch.spelled))
        return torch.cat(found, 1)


class PretrainedVectors(nn.Module):
    """Vectors from a file, as they are: they are not trained, and not part of a checkpoint.

    A word that the file has not is looked up in lower case, then made of its n-grams where the file has such, as
    fastText's ``.bin`` (of those in lower case if all words of the file are so); else its vector is zero.

    Args:
        path: of any format of :mod:`embedlab.vectors.formats`.

    Attributes:
        dim: D, numbers in a vector.
    """

    def __init__(self, path: str) -> None:
        super().__init__()
        self.vectors = load(path)
        self.dim = self.vectors.vector_size
        self._lower = all(word == word.lower() for word in self.vectors.index_to_key)
        self._found: dict[str, NDArray[np.float32]] = {}
        self._like: Tensor
        self.register_buffer("_like", torch.empty(0), persistent=False)  # knows device and type

    def forward(self, forms: Sequence[str]) -> Tensor:
        """``(U, D)`` of words as they are written."""
        for form in forms:
            if form not in self._found:
                self._found[form] = self._look_up(form)
        return torch.from_numpy(np.stack([self._found[form] for form in forms])).to(self._like)

    def _look_up(self, form: str) -> NDArray[np.float32]:
        known = next((known for known in (form, form.lower()) if self.vectors.row(known) is not None), None)
        known = known or (form.lower() if self._lower else form)
        return self.vectors[known] if known in self.vectors else np.zeros(self.dim, np.float32)
