"""The one error that speaks to the user instead of the programmer."""


class BadInput(ValueError):  # noqa: N818 - it names what happened, in the user's words
    """Something the user gave is wrong; the message is one line that says what, and what would be right.

    The command line prints it alone and exits with status 2; `--debug` shows the traceback too.
    """
