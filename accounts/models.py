"""People, the roles they hold, and what lets a person or a program in."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone

from accounts.capabilities import ALL, Capability


class Role(models.Model):
    """A bundle of capabilities; accounts.roles keeps the rows in line with roles.yaml."""

    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=80)
    capabilities = models.JSONField(default=list)
    is_staff = models.BooleanField("opens the staff admin", default=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["title"]

    def __str__(self) -> str:
        return self.title

    @property
    def held(self) -> frozenset[str]:
        """Its capabilities; ALL stays among them, so that it is more than all there are today."""
        everything = set(Capability) if ALL in self.capabilities else set()
        return frozenset(self.capabilities) | everything


class UserManager(BaseUserManager["User"]):
    def create_user(
        self, email: str, *, full_name: str = "", password: str | None = None
    ) -> "User":
        """Create a person who signs in by e-mail address; without a password none will do."""
        user = self.model(email=self.address(email), full_name=full_name)
        user.set_password(password)
        user.save(using=self._db)
        return user

    @classmethod
    def address(cls, email: str) -> str:
        """The one spelling under which an e-mail address is stored and looked up."""
        return cls.normalize_email(email.strip()).lower()


class User(AbstractBaseUser):
    """A person. There is no superuser: whoever may do everything holds the role administrator."""

    email = models.EmailField("e-mail address", unique=True)
    full_name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("may open the staff admin", default=False)
    inactive_reason = models.CharField(max_length=200, blank=True, editable=False)
    sessions_ended = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    zone = models.CharField(
        "time zone", max_length=40, blank=True, help_text="IANA name; empty: the organisation's"
    )
    keeps_filters = models.BooleanField(default=False, editable=False)
    roles = models.ManyToManyField(
        Role, through="RoleGrant", through_fields=("user", "role"), related_name="people"
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering: ClassVar[list[str]] = ["email"]

    def __str__(self) -> str:
        return self.full_name or self.email

    # The skin of the staff pages asks by Django's usual name.
    def get_full_name(self) -> str:
        return self.full_name

    @cached_property
    def held_roles(self) -> tuple[Role, ...]:
        """The roles of the person; an inactive person holds none."""
        return tuple(self.roles.all()) if self.is_active else ()

    @cached_property
    def held(self) -> frozenset[str]:
        """The capabilities of all roles of the person."""
        return frozenset[str]().union(*(role.held for role in self.held_roles))

    def forget_held(self) -> None:
        """Read roles and capabilities anew at the next question, after a change of roles."""
        self.__dict__.pop("held_roles", None)
        self.__dict__.pop("held", None)

    # Django keeps this value in each session and ends those where it no longer fits.
    def get_session_auth_hash(self) -> str:
        return self._sessions_hash(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        for earlier in super().get_session_auth_fallback_hash():
            yield self._sessions_hash(earlier)

    def _sessions_hash(self, of_password: str) -> str:
        return f"{of_password}{self.sessions_ended}"

    # Django's admin and templates ask by these three names; the answers come from the roles.
    def has_perm(self, perm: str, obj: object = None) -> bool:  # noqa: ARG002  # Django's words
        return self.is_active and perm in self.held

    def has_perms(self, perm_list: Iterable[str], obj: object = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        return any(word.partition(".")[0] == app_label for word in self.held)


class RoleGrant(models.Model):
    """A role that a person holds now; past ones are in the ledger."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="grants")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="grants")
    granted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="granted", null=True, editable=False
    )
    granted_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "role"], name="accounts_one_grant_per_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role}"


class ApiToken(models.Model):
    """What lets a program in; the secret itself is shown once and never stored."""

    class Environment(models.TextChoices):
        PRODUCTION = "production", "Production"
        TEST = "test", "Test"

    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens")
    purpose = models.CharField(max_length=200)
    prefix = models.CharField(max_length=8, db_index=True, editable=False)
    fingerprint = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list)
    environment = models.CharField(
        max_length=10, choices=Environment.choices, default=Environment.PRODUCTION
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_reason = models.CharField(max_length=200, blank=True, editable=False)
    rotate_after_days = models.PositiveSmallIntegerField(default=90)

    class Meta:
        verbose_name = "API token"
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.purpose})"


class Invitation(models.Model):
    """A one-time way in for a person who has no account yet; only its fingerprint is stored."""

    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField("e-mail address", blank=True)
    fingerprint = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="invitations_sent", null=True, editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    accepted_by = models.OneToOneField(
        User, on_delete=models.PROTECT, related_name="invitation", null=True, editable=False
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.role} for {self.email or 'whoever holds the link'}"


class NoticePreference(models.Model):
    """How often a person wants to hear of their work by mail; without a row, every day."""

    class Rhythm(models.TextChoices):
        DAILY = "daily", "Every day on which something is due"
        WEEKLY = "weekly", "Every Monday, and on days with a reminder"
        OFF = "off", "Never, but for what is overdue for long"

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="notice_preference")
    rhythm = models.CharField(max_length=6, choices=Rhythm.choices, default=Rhythm.DAILY)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.rhythm}"


class CalendarFeed(models.Model):
    """An address under which a calendar program reads somebody's tasks, known by fingerprint."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="calendar_feeds")
    fingerprint = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_read_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(revoked_at__isnull=True),
                name="accounts_one_live_feed",
            ),
        ]

    def __str__(self) -> str:
        return f"feed of {self.user_id}"


class SavedFilter(models.Model):
    """A choice of filters on a long list, under the name that its person gave it."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="saved_filters")
    page = models.CharField(max_length=80, help_text="name of the address of the list")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, help_text="what stands behind the ? of the address")
    is_default = models.BooleanField("the list opens with it", default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["page", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "page", "name"], name="accounts_one_filter_per_name"
            ),
            models.UniqueConstraint(
                fields=["user", "page"],
                condition=models.Q(is_default=True),
                name="accounts_one_default_filter",
            ),
        ]

    def __str__(self) -> str:
        return self.name
