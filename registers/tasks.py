"""Work of the room without people: snapshots, long sheets, following rules, reconciling days."""

from datetime import date, datetime

from accounts.models import User
from evidence.models import Evidence
from jobs import queue
from jobs.handlers import handler
from jobs.periodic import every
from jobs.work import Work
from registers import imports, recomputing, registry, snapshot
from registers.campaigns import proving
from registers.models import Campaign, CampaignLine, Entry, Reconciliation
from registers.reconciling import arriving, asking, running, scheduling

SNAPSHOT = "registers.snapshot"
FOLLOW = "registers.follow_campaign"
RECOMPUTE = "registers.recompute"


@every(seconds=3600, name="registers.weekly")
def weekly(now: datetime) -> None:
    """Ask once in each ISO week for a snapshot of every register that has entries."""
    year, week, _ = now.isocalendar()
    for slug in Entry.objects.order_by().values_list("register", flat=True).distinct():
        key = f"register:{slug}:{year}-W{week:02d}"
        queue.enqueue(SNAPSHOT, key=key, payload={"register": slug})


@handler(SNAPSHOT)
def take(work: Work) -> dict[str, object]:
    """Take the snapshot that a job names; a second run of the same job takes no second one."""
    register = registry.get(str(work.payload["register"]))
    evidence = snapshot.take_once(register, key=work.key)
    return {"evidence": evidence.ref}


@handler(imports.READ)
def read_sheet(work: Work) -> dict[str, object]:
    """Read a long sheet, so that its keeper sees what it would do."""
    imported = imports.read(int(work.payload["import"]), progress=work.progress)
    return {"import": imported.pk, "state": imported.state}


@handler(imports.WRITE)
def take_in(work: Work) -> dict[str, object]:
    """Take a confirmed sheet in, all of it or nothing."""
    imported = imports.take_in(int(work.payload["import"]), progress=work.progress)
    return {"import": imported.pk, "state": imported.state}


@every(seconds=3600, name="registers.rules")
def follow_rules(_now: datetime) -> None:
    """Ask once for every state of a register's rules that its entries follow them."""
    for slug in Entry.objects.order_by().values_list("register", flat=True).distinct():
        digest = registry.get(slug).code_digest
        key = f"register-rules:{slug}:{digest[:16]}"
        queue.enqueue(RECOMPUTE, key=key, payload={"register": slug})


@handler(RECOMPUTE)
def recompute(work: Work) -> dict[str, object]:
    """Let the entries of a register follow its rules as they are in this release."""
    register = registry.get(str(work.payload["register"]))
    return {"mended": recomputing.recompute(register, progress=work.progress)}


@every(seconds=86_400, name="registers.imports")
def forget_old_sheets(now: datetime) -> None:
    """Forget what old sheets would have done, and what came of old uploads: nobody waits for it."""
    imports.clear(now)
    arriving.clear(now)


@every(seconds=3600, name="registers.follow_campaigns")
def follow_campaigns(_now: datetime) -> None:
    """Ask for every campaign with unproved deeds whether a list that came since proves them."""
    following = CampaignLine.objects.exclude(decision__in=["", CampaignLine.Decision.KEEP])
    waiting = following.exclude(state=CampaignLine.State.PROVED).order_by()
    for campaign in Campaign.objects.filter(pk__in=waiting.values("campaign").distinct()):
        evidence = proving.newest(campaign)
        if evidence:
            key = f"{FOLLOW}:{campaign.ref}:{evidence.ref}"
            payload = {"campaign": campaign.pk, "evidence": evidence.pk}
            queue.enqueue(FOLLOW, key=key, payload=payload)


@handler(FOLLOW)
def follow_campaign(work: Work) -> dict[str, object]:
    """Look the deeds of a campaign up in a later list; a second run changes nothing."""
    campaign = Campaign.objects.get(pk=int(work.payload["campaign"]))
    evidence = Evidence.objects.get(pk=int(work.payload["evidence"]))
    outlook = proving.prove(campaign, evidence=evidence, by=None)
    return {"campaign": campaign.ref, "proved": len(outlook.done)}


@every(seconds=900, name="registers.reconcile_days")
def reconcile_days(now: datetime) -> None:
    """Take in what collectors brought, and ask for a run of every day that has its files."""
    for each in scheduling.active(now.date()):
        scheduling.take_in(each)
    for reconciliation, day, _ in scheduling.due_runs(now):
        asking.ask(reconciliation, day=day)


@handler(arriving.KIND, limit_seconds=3600)
def read_file(work: Work) -> dict[str, object]:
    """Read a large file of a day; a second run of the same job finds it read."""
    arrival = arriving.read(int(work.payload["arrival"]), tell=work.progress)
    return {"file": arrival.filename, "state": arrival.state, "reason": arrival.problem}


@handler(asking.KIND, limit_seconds=3600)
def reconcile_day(work: Work) -> dict[str, object]:
    """Reconcile a day; a second run of the same job finds the first one."""
    reconciliation = Reconciliation.objects.get(pk=int(work.payload["reconciliation"]))
    asked = work.payload.get("by")
    by = User.objects.get(pk=int(asked)) if asked else None
    day = date.fromisoformat(str(work.payload["day"]))
    run = running.perform(reconciliation, day=day, by=by, progress=work.progress)
    return {
        "reconciliation": reconciliation.ref,
        "reconciled": run.number,
        "state": run.state,
        "evidence": run.evidence.ref,
    }
