"""The programme of the company: some controls of the shipped catalogue, in force before the window.

The wording, the criteria and the checks are those that are shipped; left out are the controls that
the company does not have yet. The files lie in the folder of the demo, so that a later start finds
them there.
"""

import shutil
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from compliance.demo.calendar import Calendar

CONTROLS: dict[str, tuple[str, ...]] = {
    "AC-01": ("staff-mfa-state", "account-factors"),
    "AC-02": ("access-grants",),
    "AC-03": ("leavers",),
    "AC-04": ("access-review-lines",),
    "AC-05": ("privileged-accounts",),
    "AC-06": ("access-exceptions",),
    "AC-07": ("user-lists",),
    "AC-08": ("sign-in-settings",),
    "AC-09": ("movers",),
    "AC-10": ("duty-conflicts", "duty-matrix"),
    "AC-11": ("service-accounts",),
    "AC-12": ("administrator-factors",),
    "AC-14": ("device-protection",),
    "API-01": ("api-token-lifecycle",),
    "API-02": ("api-scope-matrix", "api-token-scopes"),
    "API-03": ("api-token-use", "api-token-review"),
    "API-05": ("limits-in-force",),
    "API-06": ("key-rotation",),
    "API-07": ("secret-scan",),
    "API-08": ("vulnerabilities",),
    "API-09": ("api-authentication-standard", "token-lifecycle-procedure"),
    "API-10": ("token-withdrawals",),
    "API-11": ("admin-endpoints",),
    "API-14": ("storage-encryption",),
    "API-15": ("open-rules",),
    "API-18": ("log-sources",),
    "API-19": ("detection-rules",),
    "API-20": ("certificate-inventory",),
    "AV-03": ("backup-jobs",),
    "AV-04": ("alert-rules",),
    "AV-05": ("incidents", "incident-plan"),
    "AV-06": ("recovery-plan",),
    "AV-07": ("capacity-review",),
    "AV-08": ("service-levels",),
    "AV-09": ("monitoring-settings",),
    "AV-10": ("alert-triage",),
    "AV-11": ("backup-settings",),
    "AV-12": ("restore-practice",),
    "AV-14": ("incident-reviews",),
    "CH-01": ("change-approvals",),
    "CH-02": ("deployments",),
    "CH-03": ("change-records",),
    "CH-05": ("branch-protection",),
    "CH-06": ("environment-settings",),
    "CH-10": ("processing-settings-changes",),
    "GV-01": ("organisation-chart", "role-descriptions"),
    "GV-02": ("conduct-acknowledgements",),
    "GV-03": ("oversight-decisions",),
    "GV-04": ("new-hires",),
    "GV-05": ("awareness-training",),
    "GV-06": ("policy-set", "policy-register"),
    "GV-07": ("system-description", "data-flow-diagram"),
    "GV-08": ("asset-inventory",),
    "PI-01": ("processing-definitions",),
    "PI-02": ("validation-tests",),
    "PI-04": ("daily-reconciliation", "break-roll-forward"),
    "PI-05": ("exception-queue",),
    "PI-06": ("webhook-deliveries",),
    "PI-07": ("payment-traces",),
    "PI-08": ("manual-entries",),
    "PI-12": ("validation-standard",),
    "PI-14": ("settlement-sums",),
    "PI-15": ("fund-releases",),
    "PI-17": ("fee-recalculation",),
    "PI-18": ("reconciliation-procedure",),
    "PI-19": ("retry-rules", "retried-work"),
    "PI-20": ("webhook-endpoints",),
    "RM-01": ("risk-register",),
    "RM-02": ("corrective-actions",),
    "RM-05": ("control-tests",),
    "RM-06": ("technology-standards",),
    "VN-01": ("vendor-inventory",),
    "VN-02": ("vendor-reports",),
    "VN-03": ("vendor-contracts",),
    "VN-04": ("dependency-map",),
    "VN-05": ("merchant-attestations",),
}
"""The controls and what each of them must leave, by their names in the shipped catalogue."""

OWN_COLLECTORS = frozenset({"staff_mfa"})
"""What a demo asks itself; all else comes as files, because its systems do not exist."""

SHIPPED = Path(__file__).resolve().parents[2] / "controls" / "catalogue"
_RECONCILED = "PI-04"
_WHOLE = ("frameworks", "readiness")


def write(folder: Path, calendar: Calendar) -> Path:
    """Write the catalogue of the demo into a folder, in force since its begin; return the folder.

    Questions and steps of the readiness programme stay as they are shipped: the company answers
    them.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in _WHOLE:
        shutil.copytree(SHIPPED / name, folder / name, dirs_exist_ok=True)
    shutil.copy(SHIPPED / "risks.yaml", folder / "risks.yaml")
    (folder / "controls").mkdir(exist_ok=True)
    (folder / "mappings").mkdir(exist_ok=True)
    for path in sorted((SHIPPED / "controls").glob("*.yaml")):
        file = yaml.safe_load(path.read_text(encoding="utf-8"))
        file["controls"] = [
            _kept(one, calendar) for one in file["controls"] if one["ref"] in CONTROLS
        ]
        if file["controls"]:
            _dump(folder / "controls" / path.name, file)
    for path in sorted((SHIPPED / "mappings").glob("*.yaml")):
        file = yaml.safe_load(path.read_text(encoding="utf-8"))
        _dump(folder / "mappings" / path.name, _chosen(file))
    return folder


@cache
def columns() -> dict[str, dict[str, str]]:
    """Return the columns of each shipped expectation by its slug: name to type."""
    return {
        one["slug"]: dict(one.get("columns") or {})
        for path in sorted((SHIPPED / "controls").glob("*.yaml"))
        for control in yaml.safe_load(path.read_text(encoding="utf-8"))["controls"]
        for one in control["expectations"]
    }


def _kept(control: dict[str, Any], calendar: Calendar) -> dict[str, Any]:
    wanted = CONTROLS[control["ref"]]
    expectations = [one for one in control["expectations"] if one["slug"] in wanted]
    for one in expectations:
        if one.get("collector") not in OWN_COLLECTORS:
            one.pop("collector", None)
    since = calendar.begins
    if control["ref"] == _RECONCILED and calendar.reconciles_from:
        since = calendar.reconciles_from
    # A date of its own: the same one twice would be written as an alias, which is refused.
    begins = date.fromisoformat(since.isoformat())
    return {**control, "effective_from": begins, "expectations": expectations}


def _chosen(file: dict[str, Any]) -> dict[str, Any]:
    mapped = [
        {**one, "controls": {ref: why for ref, why in one["controls"].items() if ref in CONTROLS}}
        for one in file["mappings"]
    ]
    return {**file, "mappings": [one for one in mapped if one["controls"]]}


def _dump(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
