"""What the leaves of merchants and their forms tell about the rows."""

from accounts.journal import digest
from evidence.told import Told, tell
from merchants import (
    answering,
    changing,
    issuing,
    official_texts,
    other_accounts,
    papers,
    revisions,
    scanning,
    signing,
    supporting,
)
from merchants.models import (
    AsvScan,
    ComplianceForm,
    FormAnswer,
    FormChange,
    FormFile,
    FormTemplate,
    LineSupport,
    OfficialText,
    SignatureRecord,
    TakenForm,
)

tell(
    Told(
        FormTemplate,
        ("compliance_form.template",),
        lambda rows, _: {"sha256": revisions.digest_of(rows[0].content)},
        subject=lambda rows: str(rows[0].slug),
    )
)
tell(
    Told(
        ComplianceForm,
        ("compliance_form.issued",),
        lambda rows, _: {
            "forms": len(rows),
            "forms_sha256": issuing.digest(
                rows, {row.template_id: row.template.sha256 for row in rows}
            ),
        },
        along=("template",),
        only=("ref", "merchant_id", "template__sha256", "due_at"),
        moves_on=True,
    )
)
tell(
    Told(
        FormAnswer,
        ("compliance_form.answered",),
        lambda rows, _: {
            "answers": len(rows),
            "answers_sha256": answering.rows_digest(rows),
        },
        subject=lambda rows: str(rows[0].form.ref),
        along=("form",),
    )
)
tell(
    Told(
        FormChange,
        ("compliance_form.overdue", "compliance_form.expired", "compliance_form.invalid"),
        lambda rows, _: {
            "forms": len(rows),
            "forms_sha256": changing.rows_digest(rows),
            "reason_sha256": digest(rows[0].reason),
        },
        along=("form",),
    )
)
tell(
    Told(
        SignatureRecord,
        ("compliance_form.signed",),
        lambda rows, _: signing.facts(rows[0]),
        subject=lambda rows: str(rows[0].form.ref),
        along=("form__template",),
    )
)
tell(
    Told(
        FormFile,
        ("compliance_form.paper",),
        lambda rows, _: papers.facts(rows[0]),
        subject=lambda rows: str(rows[0].form.ref),
        along=("form", "evidence"),
    )
)
tell(
    Told(
        TakenForm,
        ("compliance_form.taken_in",),
        lambda rows, _: other_accounts.facts(rows),
        along=("form", "evidence"),
    )
)
tell(
    Told(
        AsvScan,
        ("merchant.scan",),
        lambda rows, _: scanning.facts(rows[0]),
        subject=lambda rows: str(rows[0].merchant.ref),
        along=("merchant", "evidence"),
    )
)
tell(
    Told(
        OfficialText,
        ("compliance_form.texts",),
        lambda rows, _: {"texts": len(rows), "texts_sha256": official_texts.digest_of(rows)},
    )
)
tell(
    Told(
        LineSupport,
        ("application.support",),
        lambda rows, _: supporting.facts(rows[0]),
        subject=lambda rows: str(rows[0].application.ref),
        along=("application",),
    )
)
