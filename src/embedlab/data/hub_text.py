"""Text from the `datasets` library: a set of the hub, a stream, or one made in memory."""

from collections.abc import Iterator
from typing import Any

from embedlab.errors import BadInput

ROWS = 1000  # read at a time


class HubText:
    """One text column of a ``datasets.Dataset`` or ``IterableDataset``; each row ends a line."""

    def __init__(self, dataset: Any, column: str | None = None, identity: Any = None, name: str = "data set") -> None:
        """The text of a data set at hand.

        Args:
            dataset: of one split.
            column: if None, ``text``, or the only one of strings.
            identity: what names its text; if None, the library's fingerprint. A stream has none: without an identity
                what is made of it is not found again.
            name: for messages.

        Raises:
            BadInput: no such column, or there are several splits.
        """
        if isinstance(dataset, dict):
            raise BadInput(f"{name}: choose one of its splits: {', '.join(dataset)}")
        self.dataset, self.name = dataset, name
        self.column = _text_column(dataset, column, name)
        self.size: int | None = len(dataset) if hasattr(dataset, "__len__") else None
        self._identity = identity

    @classmethod
    def load(
        cls,
        name: str,
        config: str | None = None,
        split: str = "train",
        column: str | None = None,
        stream: bool = False,
        revision: str | None = None,
    ) -> "HubText":
        """A set of the hub by name; as a stream, nothing but the text in use is downloaded.

        A stream is known by these arguments, so name a revision if the set may change.

        Raises:
            BadInput: there is no such set, or it cannot be reached.
        """
        import datasets

        try:
            dataset = datasets.load_dataset(name, config, split=split, streaming=stream, revision=revision)
        except (OSError, ValueError) as error:
            raise BadInput(f"{name}: cannot be loaded from the datasets hub: {str(error).splitlines()[0]}") from error
        return cls(dataset, column, [name, config, split, revision] if stream else None, name)

    def chunks(self) -> Iterator[tuple[bytes, int]]:
        """Text of a thousand rows at a time, and the rows read."""
        rows = 0
        for batch in self.dataset.iter(batch_size=ROWS):
            if self.column not in batch:
                raise BadInput(f"{self.name}: no column {self.column!r} among {', '.join(batch)}")
            texts = [text for text in batch[self.column] if text is not None]
            if not all(isinstance(text, str) for text in texts):
                raise BadInput(f"{self.name}: column {self.column!r} holds no text")
            rows += len(batch[self.column])
            yield "".join(f"{text}\n" for text in texts).replace("\0", " ").encode(errors="replace"), rows

    def identity(self) -> Any:
        """What names its text, with the column."""
        known = self._identity or getattr(self.dataset, "_fingerprint", None)
        return known and ["datasets", known, self.column]


def _text_column(dataset: Any, column: str | None, name: str) -> str:
    names = dataset.column_names
    if column is not None:
        if names is not None and column not in names:
            raise BadInput(f"{name}: no column {column!r} among {', '.join(names)}")
        return column
    features = dataset.features or {}
    texts = [key for key, feature in features.items() if getattr(feature, "dtype", None) in ("string", "large_string")]
    if "text" in texts or names is None:
        return "text"
    if len(texts) != 1:
        raise BadInput(f"{name}: which column holds the text? There are {', '.join(names)}")
    return texts[0]
