"""The eligibility interview: which form fits a business, why, and what a changed answer changes.

Rules (who may use which self-assessment, in our own words):
- A service provider has one form: D for service providers.
- Who keeps account data electronically has one form: D for merchants.
- Otherwise each way of payment has its own form, by how payments are taken there; a way that no
  other form describes has D for merchants.
- Two ways with the same form need it once. Ways with different forms need a form each, or the one
  form D for all of them; the acquirer decides, and D is proposed because it is never too little.
- A form whose statements are not all true does not fit: it is D then, and the reasons say which
  statement failed. A failed statement is never accepted silently.
- An answer that was not given is asked for; without it nothing is proposed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

YES, NO = "yes", "no"
E_COMMERCE, MOTO, CARD_PRESENT = "e-commerce", "moto", "card-present"
CHANNELS: Final = (E_COMMERCE, MOTO, CARD_PRESENT)
D_MERCHANT, D_PROVIDER = "D-Merchant", "D-Service-Provider"


@dataclass(frozen=True)
class Choice:
    """One answer to a question: its word, what it says, and the form that it leads to."""

    word: str
    says: str
    form_type: str = ""
    because: str = ""


@dataclass(frozen=True)
class Question:
    """One question of the interview."""

    id: str
    asks: str
    choices: tuple[Choice, ...]

    def chosen(self, answers: Mapping[str, str]) -> Choice | None:
        """Return the choice that was made; none where nothing fitting was answered."""
        return next((one for one in self.choices if one.word == answers.get(self.id)), None)


@dataclass(frozen=True)
class Outcome:
    """What the interview comes to."""

    form_type: str
    """The one form that is enough; empty while questions are open."""
    by_channel: Mapping[str, str]
    """The form that each way of payment would have by itself."""
    reasons: tuple[str, ...]
    open_questions: tuple[Question, ...]

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The forms that would do together, where several ways of payment differ."""
        several = sorted(set(self.by_channel.values()))
        return tuple(several) if len(several) > 1 else ()


@dataclass(frozen=True)
class Change:
    """What another answer changes."""

    before: str
    after: str
    gained: tuple[str, ...]
    """Reasons that are new."""
    lost: tuple[str, ...]
    """Reasons that no longer hold."""

    @property
    def is_other_form(self) -> bool:
        return self.before != self.after


def _yes_no(name: str, asks: str) -> Question:
    return Question(name, asks, (Choice(YES, "Yes"), Choice(NO, "No")))


PROVIDER: Final = _yes_no(
    "provider", "Do you handle card data for other businesses, or could you affect its security?"
)
STORES: Final = _yes_no("stores", "Do you keep card data electronically, anywhere?")
TAKES: Final = {
    E_COMMERCE: _yes_no("e-commerce", "Do you take payments online?"),
    MOTO: _yes_no("moto", "Do you take payments by mail or telephone?"),
    CARD_PRESENT: _yes_no("card-present", "Do you take payments face to face?"),
}
_TERMINALS: Final = (
    Choice("dial_out", "Imprints, or a terminal that dials out by telephone", "B",
           "only imprints or terminals that dial out are used"),
    Choice("ip_terminal", "A standalone listed terminal on an IP network", "B-IP",
           "only standalone listed terminals on an IP network are used"),
    Choice("p2pe", "Terminals of a listed P2PE solution", "P2PE",
           "all payments go through a listed point-to-point encryption solution"),
    Choice("virtual_terminal", "Typed into a provider's page on an isolated computer", "C-VT",
           "payments are typed one by one into a provider's virtual terminal"),
    Choice("application", "A payment application on the Internet, single site", "C",
           "a payment application on the Internet is used at a single site"),
    Choice("other", "Another way", D_MERCHANT, "no other form describes this way of payment"),
)  # fmt: skip
HOW: Final = {
    E_COMMERCE: Question("e-commerce-how", "How does your site take payments?", (
        Choice("outsourced", "A provider does all of it: by redirect, frame or its own site", "A",
               "the whole payment page comes from a provider"),
        Choice("own_page", "My page affects the payment: its form or script sends card data on",
               "A-EP", "the merchant's own page can affect the payment"),
        Choice("received", "My site receives card data", D_MERCHANT,
               "the merchant's own site receives card data"),
    )),
    MOTO: Question("moto-how", "How do you take them by mail or telephone?", (
        Choice("outsourced", "A provider does all of it", "A",
               "a provider takes the payments by mail or telephone"),
        *_TERMINALS,
    )),
    CARD_PRESENT: Question("card-present-how", "How do you take them face to face?", (
        *_TERMINALS[:3],
        Choice("spoc", "A phone or tablet with the card reader of a listed SPoC solution", "SPoC",
               "attended payments are taken with a listed card reader on a phone or tablet"),
        *_TERMINALS[3:],
    )),
}  # fmt: skip
_WORDS: Final = {E_COMMERCE: "Online", MOTO: "By mail or telephone", CARD_PRESENT: "Face to face"}


def asked(answers: Mapping[str, str]) -> list[Question]:
    """Return the questions that matter with these answers, in their order."""
    if PROVIDER.chosen(answers) and answers[PROVIDER.id] == YES:
        return [PROVIDER]
    found = [PROVIDER, STORES]
    for channel in CHANNELS:
        found.append(TAKES[channel])
        if answers.get(channel) == YES and answers.get(STORES.id) != YES:
            found.append(HOW[channel])
    return found


def channels_of(answers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the ways in which a business takes payments."""
    return tuple(channel for channel in CHANNELS if answers.get(channel) == YES)


def choose(
    answers: Mapping[str, str], *, failed: Mapping[str, Iterable[str]] | None = None
) -> Outcome:
    """Return the form that fits; `failed` has, by form type, the statements that are not true."""
    open_ones = tuple(one for one in asked(answers) if one.chosen(answers) is None)
    if open_ones:
        return Outcome("", {}, (), open_ones)
    if answers[PROVIDER.id] == YES:
        return Outcome(D_PROVIDER, {}, ("It handles card data for other businesses.",), ())
    taken = channels_of(answers)
    if not taken:
        return Outcome("", {}, ("No way of payment was named: no form is needed.",), ())
    if answers[STORES.id] == YES:
        reason = "Card data is kept electronically."
        return Outcome(D_MERCHANT, dict.fromkeys(taken, D_MERCHANT), (reason,), ())
    return _by_channel(answers, taken, failed or {})


def changes(before: Outcome, after: Outcome) -> Change:
    """Return what changes between two outcomes of the interview."""
    return Change(
        before.form_type,
        after.form_type,
        tuple(one for one in after.reasons if one not in before.reasons),
        tuple(one for one in before.reasons if one not in after.reasons),
    )


def _by_channel(
    answers: Mapping[str, str], taken: tuple[str, ...], failed: Mapping[str, Iterable[str]]
) -> Outcome:
    found: dict[str, str] = {}
    reasons = []
    for channel in taken:
        choice = HOW[channel].chosen(answers)
        form_type, because = (choice.form_type, choice.because) if choice else (D_MERCHANT, "")
        untrue = [] if form_type == D_MERCHANT else list(failed.get(form_type, ()))
        if untrue:
            reasons += [f"{form_type} does not fit, because this is not true: {one}"
                        for one in untrue]  # fmt: skip
            form_type = D_MERCHANT
        else:
            reasons.append(f"{_WORDS[channel]}: {because}.")
        found[channel] = form_type
    kinds = sorted(set(found.values()))
    if len(kinds) == 1:
        return Outcome(kinds[0], found, tuple(reasons), ())
    reasons.append(
        f"The ways of payment need {' and '.join(kinds)}, or {D_MERCHANT} for all of them: "
        "ask your acquirer."
    )
    return Outcome(D_MERCHANT, found, tuple(reasons), ())
