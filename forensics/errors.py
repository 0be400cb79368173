"""The errors that Forensics raises on purpose: each says what is wrong and what to do next."""

DEBUG = "FORENSICS_DEBUG"
"""The variable of the environment that shows tracebacks."""


class ForensicsError(Exception):
    """Something that the user can act on; the message is one line for the terminal."""


class BadAction(ForensicsError):
    """An action that cannot be understood, and so not be tried."""

    def __init__(self, problem: str, advice: str = "") -> None:
        super().__init__(f"{problem} {advice}".rstrip())
        self.problem = problem
        """The message without the advice what else to give."""
