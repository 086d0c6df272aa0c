"""A bar of progress for a person at a terminal; programs that read the output see none of it."""

from django.core.management.base import OutputWrapper

_WIDTH = 30


class Bar:
    """Shows how far a command has come, on the line where it stands."""

    def __init__(self, stream: OutputWrapper) -> None:
        self._stream = stream
        self._shown = ""

    def show(self, done: int, total: int, note: str) -> None:
        if not self._stream.isatty():
            return
        share = done / total if total else 0
        line = f"\r{'█' * int(share * _WIDTH):<{_WIDTH}} {share:4.0%}  {note:<20}"
        if line != self._shown:
            self._shown = line
            self._stream.write(line, ending="")
            self._stream.flush()

    def clear(self) -> None:
        if self._stream.isatty():
            self._stream.write("\r" + " " * (_WIDTH + 40) + "\r", ending="")
