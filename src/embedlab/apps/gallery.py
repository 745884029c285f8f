"""What a trained language model writes, kept in its run directory beside the numbers."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from embedlab.apps.language import NextToken, generate
from embedlab.atomic import write_atomically
from embedlab.errors import BadInput
from embedlab.text.sampling import Sampling
from embedlab.text.tokenize import Tokenizer


@dataclass(frozen=True)
class Gallery:
    """Prompts, and how a model goes on from them. Two runs with one gallery can be read side by side.

    Args:
        tokenizer: by which the model's text was split.
        prompts: what the texts go on from; an empty one is the beginning of a text.
        length: tokens of each.
        temperature: as of :class:`embedlab.text.sampling.Sampling`, like the next two.
        top_k: likewise.
        top_p: likewise.
        seed: the same one writes the same.

    Raises:
        BadInput: no such length or sampling.
    """

    tokenizer: Tokenizer
    prompts: Sequence[str] = ("",)
    length: int = 300
    temperature: float = 0.8
    top_k: int | None = None
    top_p: float = 1.0
    seed: int = 1

    def __post_init__(self) -> None:
        try:
            Sampling(self.temperature, self.top_k, self.top_p)
        except BadInput as error:
            raise BadInput(f"task.gallery: {error}") from None
        if self.length < 1:
            raise BadInput(f"task.gallery.length={self.length}: at least one token")

    def save(self, directory: Path, next_token: NextToken, words: Sequence[str]) -> None:
        """Writes ``samples.json``.

        A prompt that the model cannot read is kept with the reason: it is no ground for losing a run at its end.

        Args:
            directory: of the run.
            next_token: as of :func:`embedlab.apps.language.generate`.
            words: the model's tokens.
        """
        sampling = Sampling(self.temperature, self.top_k, self.top_p)
        samples = []
        for prompt in self.prompts:
            try:
                pieces = generate(next_token, words, self.tokenizer, prompt, self.length, sampling, self.seed)
                samples.append({"prompt": prompt, "text": self._gap(prompt) + "".join(pieces)})
            except BadInput as error:
                samples.append({"prompt": prompt, "refused": str(error).removeprefix("--prompt: ")})
        found = {**asdict(sampling), "seed": self.seed, "samples": samples}
        write_atomically(directory / "samples.json", json.dumps(found, ensure_ascii=False, indent=2) + "\n")

    def _gap(self, prompt: str) -> str:
        """What the prompt lacks at its end: the space after its last word."""
        read = "".join(map(self.tokenizer.written, self.tokenizer(prompt)))
        return " " if read.endswith(" ") and not prompt[-1:].isspace() else ""
