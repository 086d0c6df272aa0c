"""What the leaves of answers and steps tell about their rows."""

from collections.abc import Mapping
from typing import Any

from accounts.access import actor
from accounts.journal import digest
from evidence.told import Rows, Told, tell
from readiness.buyers import replying
from readiness.models import Answer, BuyerQuestionnaire, BuyerReply, LearntWording, StepVersion


def _steps(rows: Rows, body: Mapping[str, Any]) -> Mapping[str, object]:
    """Say what a leaf tells: of one step all, of a plan that was laid out which steps."""
    if "steps" in body:
        return {"steps": sorted(row.step for row in rows)}
    step = rows[0]
    return {
        "number": step.number,
        "owner": actor(step.owner) if step.owner else "",
        "due_on": step.due_on.isoformat() if step.due_on else "",
        "is_ticked": step.is_ticked,
        "note_sha256": digest(step.note),
    }


tell(
    Told(
        Answer,
        ("readiness.answered",),
        lambda rows, _: {
            "number": rows[0].number,
            "value": rows[0].value,
            "reason_sha256": digest(rows[0].reason),
            "backing": rows[0].backing,
            "evidence": rows[0].evidence,
        },
        subject=lambda rows: f"readiness:{rows[0].question}",
    )
)
tell(Told(StepVersion, ("readiness.step", "readiness.laid_out"), _steps, along=("owner",)))
tell(
    Told(
        BuyerQuestionnaire,
        ("readiness.questionnaire",),
        lambda rows, _: {
            "original": rows[0].original.ref,
            "buyer_sha256": digest(rows[0].buyer),
        },
        subject=lambda rows: f"questionnaire:{rows[0].ref}",
        along=("original",),
        moves_on=True,
    )
)
tell(
    Told(
        BuyerReply,
        ("readiness.replied",),
        lambda rows, _: replying.told(rows),
        subject=lambda rows: f"questionnaire:{rows[0].question.questionnaire.ref}",
        along=("question__questionnaire",),
    )
)
tell(Told(LearntWording, ("readiness.wordings",), lambda rows, _: replying.told(rows)))
