"""The errors that are meant for the reader, not for the debugger."""


class CatdogError(Exception):
    """Something outside the code is wrong.

    The message is one sentence that names the cure.

    Attributes:
        status: exit status of the command that fails with this error.
    """

    status = 2


class SettingsError(CatdogError):
    """An environment variable has a value that cannot be used."""


class DataError(CatdogError):
    """The images are missing, broken or of another kind."""


class WeightsError(CatdogError):
    """The published weights of MobileNetV2 are out of reach or broken."""


class RecordError(CatdogError):
    """A recorded run cannot be read."""
