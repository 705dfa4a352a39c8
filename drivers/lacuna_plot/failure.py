"""How lacuna-plot ends early: an exit code of DESIGN's table with one clear line."""

USAGE, BAD_DATA, NO_INPUT, INTERNAL, CANNOT_CREATE, IO_ERROR = 64, 65, 66, 70, 73, 74


class Failure(Exception):
    """Ends the program with an exit code."""

    def __init__(self, code: int, text: str):
        super().__init__(text)
        self.code = code


class Missing(Exception):
    """A picture that this product has no data for: skipped with a note."""
