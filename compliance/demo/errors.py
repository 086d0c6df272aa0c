"""What can stand against a demo."""


class DemoError(Exception):
    """This installation holds data already. A demo is loaded into a folder of its own."""

    def __str__(self) -> str:
        return super().__str__() or str(self.__doc__)
