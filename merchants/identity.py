"""Who a merchant is: names and addresses, sealed in the row and opened only for who needs them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from evidence import screening, seal
from merchants.errors import MerchantError
from merchants.models import Merchant, Prospect

_LONGEST = 200


@dataclass(frozen=True)
class Identity:
    """What part 1a of the attestation asks, and whom to write to."""

    business_name: str
    contact_email: str
    trading_name: str = ""
    contact_name: str = ""
    contact_title: str = ""
    phone: str = ""
    address: str = ""
    website: str = ""

    @property
    def shown_name(self) -> str:
        return self.trading_name or self.business_name


def checked(identity: Identity) -> Identity:
    """Return it without stray spaces; MerchantError says what is missing or does not fit."""
    said = {name: " ".join(text.split()) for name, text in asdict(identity).items()}
    if not said["business_name"]:
        raise MerchantError("Give the name of the business.")
    if any(len(text) > _LONGEST for text in said.values()):
        raise MerchantError(f"A name or an address is longer than {_LONGEST} characters.")
    try:
        validate_email(said["contact_email"])
    except ValidationError as error:
        raise MerchantError(f"{said['contact_email']!r} is no e-mail address.") from error
    if screening.speaks("\n".join(said.values())):
        raise MerchantError("This looks like a card number or a secret. Leave it out.")
    return Identity(**said)


def sealed(identity: Identity, *, ref: str) -> str:
    """Return it as it stands in the row of the merchant with this reference."""
    return seal.seal_text(json.dumps(asdict(identity)), context=context(ref))


def opened(row: Merchant | Prospect) -> Identity:
    """Return who a merchant is, or is to be; SealError where it cannot be opened."""
    place = context(row.ref) if isinstance(row, Merchant) else prospect_context(row.ref)
    said: Mapping[str, str] = json.loads(seal.open_text(row.identity, context=place))
    known = {one.name for one in fields(Identity)}
    return Identity(**{name: text for name, text in said.items() if name in known})


def sealed_for_prospect(identity: Identity, *, ref: str) -> str:
    """Return it as it stands in the row of a business that has no merchant yet."""
    return seal.seal_text(json.dumps(asdict(identity)), context=prospect_context(ref))


def context(ref: str) -> str:
    """Return what a sealed identity is bound to: it opens in its own row only."""
    return f"merchants.merchant/{ref}/identity"


def prospect_context(ref: str) -> str:
    """Return what it is bound to while there is no merchant yet."""
    return f"merchants.prospect/{ref}/identity"
