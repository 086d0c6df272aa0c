"""Service providers that touch card data: what each attests, until when, and who does which duty.

Requirement 12.8 of PCI DSS asks for the list, written agreements, a look before each starts, a look
at its standing at least once a year, and who meets which requirement.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from controls.models import Area
from registers.base import Declaration, Field, Link, Problem, Type, Values

NONE = "none yet"
STANDINGS = ("compliant", "compliant with legal exception", "non-compliant", NONE)
_YEAR = timedelta(days=365)
_LAST = date.max - _YEAR


def _computed(values: Values) -> Values:
    """End an attestation a year after its day, and look at the provider again by then."""
    attested = values["attested_on"]
    if not isinstance(attested, date) or attested > _LAST:
        return {}
    ends = values["valid_until"] or attested + _YEAR
    return {"valid_until": ends, "next_look": ends}


def _rules(values: Values) -> Iterator[Problem]:
    attested, ends = values["attested_on"], values["valid_until"]
    if values["standing"] != NONE and attested is None:
        yield "attested_on", "Say when it attested, or that there is none yet."
    elif values["next_look"] is None:
        yield "next_look", "Say when somebody looks again."
    if isinstance(attested, date) and isinstance(ends, date):
        if ends < attested:
            yield "valid_until", "The attestation ends before it was signed."
        elif ends - attested > _YEAR + timedelta(days=1):
            yield "valid_until", "An attestation holds for a year at most."
    looked = values["looked_at_on"]
    if looked and not values["looked_at_by"]:
        yield "looked_at_by", "Say who looked at it."
    if values["standing"] in {NONE, "non-compliant"} and not values["follow_up"]:
        yield "follow_up", "Say what is done about it."


REGISTER = Declaration(
    title="Attestations of service providers",
    entry="attestation of a provider",
    purpose="Each provider that touches card data, its PCI attestation, and who does which duty.",
    prefix="AOC",
    area=Area.VENDOR,
    fields=(
        Field(name="provider", label="Provider", required=True),
        Field(name="service", label="Service", required=True, help="As its attestation names it."),
        Field(
            name="standing", label="It attests", type=Type.CHOICE, choices=STANDINGS, required=True
        ),
        Field(name="standard", label="Standard", help="Such as PCI DSS 4.0.1."),
        Field(name="assessor", label="Assessor", help="The company, or the provider itself."),
        Field(name="attested_on", label="Attested on", type=Type.DATE),
        Field(
            name="valid_until",
            label="Valid until",
            type=Type.DATE,
            help="Left empty, a year after the day of the attestation.",
        ),
        Field(name="agreement", label="Written agreement", help="Where the contract lies."),
        Field(
            name="checked_before",
            label="Looked at before it started",
            type=Type.DATE,
            help="The day on which somebody decided to rely on it.",
        ),
        Field(
            name="own_duties",
            label="Duties of ours",
            type=Type.PARAGRAPH,
            help="The requirements that stay with us, by number.",
        ),
        Field(
            name="provider_duties",
            label="Duties of the provider",
            type=Type.PARAGRAPH,
            help="The requirements that it meets for us, by number.",
        ),
        Field(name="shared_duties", label="Shared duties", type=Type.PARAGRAPH),
        Field(name="follow_up", label="What is done about it", type=Type.PARAGRAPH),
        Field(name="evidence", label="The attestation as evidence", type=Type.EVIDENCE),
        Field(name="looked_at_by", label="Looked at by", type=Type.EMAIL),
        Field(name="looked_at_on", label="Looked at on", type=Type.DATE),
        Field(name="owner", label="Owner", type=Type.EMAIL, required=True),
        Field(
            name="next_look",
            label="Next look",
            type=Type.DATE,
            help="Left empty, the day on which the attestation ends.",
        ),
    ),
    key=("provider", "service"),
    shown=("provider", "service", "standing", "valid_until", "owner"),
    due=("valid_until", "next_look"),
    due_words="Attestation or look due",
    links=(Link(register="vendors", fields=("provider",)),),
    computed=_computed,
    rules=_rules,
)
