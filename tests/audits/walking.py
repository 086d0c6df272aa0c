"""A walkthrough as an auditor would tell it."""

from datetime import date

from audits.walkthroughs import Step, Walked

WALKED = Walked(
    item="Change CHG-0007, merged on 11 June.",
    walked_on=date(2026, 9, 14),
    asked=["Release manager", " ", "Developer "],
    steps=[
        Step("A ticket is opened.", "The ticket with its approval."),
        Step("It is reviewed and merged.", "The review by another person."),
    ],
    result="as described",
)
