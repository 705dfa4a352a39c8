"""How lacuna-scaling ends early: an exit code of the programs' table with one clear line."""

RUN_FAILED, USAGE, BAD_DATA, NO_INPUT, INTERNAL, CANNOT_CREATE, IO_ERROR, CHECKPOINTED, BAD_CONFIG = 70, 64, 65, 66, 70, 73, 74, 75, 78


class Failure(Exception):
    """Ends the program with an exit code."""

    def __init__(self, code: int, text: str):
        super().__init__(text)
        self.code = code


class Interrupted(BaseException):
    """Somebody wants the study to stop. What is done is in the files."""
