"""How lacuna-scaling ends early: an exit code of the programs' table with one clear line."""

RUN_FAILED, USAGE, NO_INPUT, INTERNAL, CANNOT_CREATE, IO_ERROR, BAD_CONFIG = 70, 64, 66, 70, 73, 74, 78


class Failure(Exception):
    """Ends the program with an exit code."""

    def __init__(self, code: int, text: str):
        super().__init__(text)
        self.code = code
