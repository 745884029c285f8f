"""What language models wrote: each prompt with the text that every variant goes on with."""

from dataclasses import dataclass

from embedlab.report.sweep import Sweep, Variant


@dataclass(frozen=True)
class Continuation:
    """What one variant makes of a prompt.

    Attributes:
        variant: of which the first finished run with samples is shown.
        text: goes on from the prompt.
        refused: why there is no text; empty where there is.
    """

    variant: Variant
    text: str = ""
    refused: str = ""


def gallery(sweep: Sweep) -> dict[str, list[Continuation]]:
    """The continuations of each prompt, prompts and variants in the order of their first appearance."""
    found: dict[str, list[Continuation]] = {}
    for variant in sweep.variants:
        run = next((run for run in variant.done if run.samples), None)
        for sample in run.samples if run else ():
            one = Continuation(variant, str(sample.get("text", "")), str(sample.get("refused", "")))
            found.setdefault(str(sample["prompt"]), []).append(one)
    return found


def how_drawn(sweep: Sweep) -> str:
    """At which temperature, and the like, the first run with samples drew them; empty without one."""
    run = next((run for run in sweep.runs if run.samples), None)
    if run is None:
        return ""
    shown = {"temperature": "temperature", "top_k": "top-k", "top_p": "top-p", "seed": "seed"}
    values = {name: run.sampling.get(key) for key, name in shown.items()}
    if values["top-p"] == 1:  # which goes without saying, as no top-k does
        del values["top-p"]
    return ", ".join(f"{name} {value:g}" for name, value in values.items() if isinstance(value, int | float))
