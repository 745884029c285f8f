"""The one error that speaks to the user instead of the programmer."""


class BadInput(ValueError):  # noqa: N818 - it names what happened, in the user's words
    """Something the user gave is wrong; the message is one line that says what, and what would be right.

    The command line prints it alone and exits with status 2; `--debug` shows the traceback too.
    """


def check_probability(name: str, probability: float) -> None:
    """See that a probability of leaving something out leaves something.

    Raises:
        BadInput: it is below 0, or 1 and above.
    """
    if not 0 <= probability < 1:
        raise BadInput(f"{name}={probability}: a probability, at least 0 and below 1")
