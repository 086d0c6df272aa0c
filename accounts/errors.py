"""What can go wrong with people and what lets them in; each error says what to do about it."""


class AccountsError(Exception):
    """This could not be done with the account."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or type(self).__doc__ or "")


class JournalError(AccountsError):
    """Nobody keeps the journal: start the installation with the evidence room installed."""


class TokenError(AccountsError):
    """This API token is not valid. Ask an administrator for a new one."""

    def __init__(self, message: str = "", *, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason


class ScopeError(TokenError):
    """This API token does not reach that far. Ask an administrator for the missing scope."""


class InvitationError(AccountsError):
    """This invitation is not valid. Ask the person who sent it for a new one."""


class RoleError(AccountsError):
    """This role cannot be changed like that."""


class PersonError(AccountsError):
    """This account cannot be changed like that."""


class PreferenceError(AccountsError):
    """This cannot be your preference. Choose one of those that the form offers."""


class SavedFilterError(AccountsError):
    """This filter cannot be kept. Give it a name, and choose at least one filter first."""


class FeedError(AccountsError):
    """This calendar address is not valid. Make a new one on the page of your reminders."""
