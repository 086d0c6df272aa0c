"""Reads the fields of a decoded answer by name and kind, and says in words which does not fit."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from collectors.errors import SourceNonsenseError
from collectors.wire.answers import Json

_LONGEST_NUMBER = 40


class Item:
    """One JSON value of an answer; names are dotted: `user.login`.

    A field that is missing or null is an error, unless it is asked for by `maybe_…`. Of a name with
    dots every part but the last must be there in any case, unless it is null.
    """

    def __init__(self, content: Json, asked: str) -> None:
        self.content = content
        self.asked = asked

    def value(self, name: str) -> Json:
        """Return what stands under a name; None where it is missing or null."""
        found: Any = self.content
        if "." not in name and isinstance(found, dict):
            return found.get(name)
        *parents, last = name.split(".")
        for parent in parents:
            if not isinstance(found, dict):
                self._refuse(name, "is missing")
            if parent not in found:
                self._refuse(f"{parent} of {name}", "is missing")
            found = found[parent]
            if found is None:
                return None
        if not isinstance(found, dict):
            self._refuse(name, "is missing")
        return found.get(last)

    def maybe_text(self, name: str) -> str | None:
        found = self.value(name)
        if found is None or isinstance(found, str):
            return found
        if isinstance(found, int) and not isinstance(found, bool):
            # Ids and cursors are numbers with some sources.
            return str(found)
        return self._refuse(name, "is no text")

    def maybe_integer(self, name: str) -> int | None:
        found = self.value(name)
        if (
            isinstance(found, str)
            and found.lstrip("-").isdecimal()
            and len(found) < _LONGEST_NUMBER
        ):
            return int(found)
        if found is None or (isinstance(found, int) and not isinstance(found, bool)):
            return found
        return self._refuse(name, "is no whole number")

    def maybe_decimal(self, name: str) -> Decimal | None:
        found = self.value(name)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, str | int | Decimal):
            self._refuse(name, "is no number")
        try:
            number = Decimal(found)
        except InvalidOperation:
            self._refuse(name, "is no number")
        return number if number.is_finite() else self._refuse(name, "is no number")

    def maybe_boolean(self, name: str) -> bool | None:
        found = self.value(name)
        if found is None or isinstance(found, bool):
            return found
        return self._refuse(name, "is neither true nor false")

    def maybe_moment(self, name: str) -> datetime | None:
        """Return an ISO 8601 time in UTC; one without a zone is taken for UTC."""
        found = self.value(name)
        if found is None or found == "":
            return None
        try:
            moment = datetime.fromisoformat(found)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            self._refuse(name, "is no time")
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)

    def maybe_day(self, name: str) -> date | None:
        moment = self.maybe_moment(name)
        return moment.date() if moment else None

    def since_1970(self, name: str) -> datetime:
        """Return a time that is told in seconds since 1970."""
        try:
            return datetime.fromtimestamp(self.integer(name), UTC)
        except (ValueError, OverflowError, OSError):
            self._refuse(name, "is no time")

    def text(self, name: str) -> str:
        found = self.maybe_text(name)
        return self._refuse(name, "is missing") if found is None else found

    def integer(self, name: str) -> int:
        found = self.maybe_integer(name)
        return self._refuse(name, "is missing") if found is None else found

    def decimal(self, name: str) -> Decimal:
        found = self.maybe_decimal(name)
        return self._refuse(name, "is missing") if found is None else found

    def boolean(self, name: str) -> bool:
        found = self.maybe_boolean(name)
        return self._refuse(name, "is missing") if found is None else found

    def moment(self, name: str) -> datetime:
        found = self.maybe_moment(name)
        return self._refuse(name, "is missing") if found is None else found

    def part(self, name: str) -> "Item":
        """Return what stands under a name as an item of its own."""
        return Item(self.value(name), self.asked)

    def parts(self, name: str) -> Iterator["Item"]:
        """Yield the items of a list; none where it is missing or null."""
        found = self.value(name)
        if found is None:
            return
        if not isinstance(found, list):
            self._refuse(name, "is no list")
        for each in found:
            yield Item(each, self.asked)

    def members(self, name: str) -> Iterator["Item"]:
        """Yield the items of a list that must be there, even where it is empty."""
        if self.value(name) is None:
            self._refuse(name, "is missing")
        return self.parts(name)

    def texts(self, name: str) -> list[str]:
        """Return a list of words; none where it is missing or null."""
        found = self.value(name)
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            self._refuse(name, "is no list of words")
        return list(found)

    def _refuse(self, name: str, problem: str) -> NoReturn:
        # Never the value: it may be a secret, and the words of a reason are kept.
        message = f"{self.asked} answered something else than is documented: {name} {problem}."
        raise SourceNonsenseError(message)
