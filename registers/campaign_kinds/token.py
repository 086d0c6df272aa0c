"""Token reviews: which tokens and service accounts there are, and whether they are still needed."""

from controls.models import Area
from registers.campaigns.kinds import Kind

KIND = Kind(
    title="Token review",
    line="token",
    purpose="Goes through every live token: keep it, reduce its scopes, rotate it, or revoke it.",
    area=Area.API_SECURITY,
    expectations=("api-token-review",),
    usual={
        "key": ("token_id", "key_id", "reference", "account", "name", "prefix"),
        "label": ("purpose", "name", "description"),
        "person": ("user_email", "user", "issued_to", "owner"),
        "owner": ("owner", "responsible", "owner_email"),
        "system": ("system_name", "system"),
        "rights": ("scopes", "rights", "permissions", "roles"),
        "secret": ("fingerprint", "rotated_at", "created_at", "created_on"),
        "ended": ("revoked_at", "expires_at", "expires_on", "active", "is_active"),
    },
)
