"""Access reviews: who has an account where, with which rights, and whether that still fits."""

from controls.models import Area
from registers.campaigns.kinds import Kind

KIND = Kind(
    title="Access review",
    line="account",
    purpose="Goes through every account of a system: keep it, reduce its rights, or revoke it.",
    area=Area.ACCESS_CONTROL,
    expectations=("access-review-lines",),
    usual={
        "key": ("account", "user_id", "username", "login", "person_id", "email"),
        "label": ("full_name", "display_name", "name"),
        "person": ("email", "user_email", "username", "login", "account", "full_name"),
        "owner": ("manager", "manager_email", "system_owner", "owner"),
        "system": ("system_name", "system", "application"),
        "rights": ("rights", "roles", "role", "groups", "permissions", "scopes"),
        "secret": ("key_created_at", "credential_created_at"),
        "ended": ("access_ended_at", "deactivated_at", "disabled_at", "active", "is_active"),
    },
)
