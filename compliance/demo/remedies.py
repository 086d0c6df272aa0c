"""What the company says of each finding: why it came, what it did, and what is done about it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Remedy:
    """The texts of one finding, in the order in which they are written."""

    cause: str
    effect: str
    response: str
    action: str
    shown_by: str
    conclusion: str


_USUAL = Remedy(
    cause="A step that people do by hand was left out once.",
    effect="None that we found; all lines of the period were looked through.",
    response="We agree with what was found.",
    action="Have the step done by the system, and tell its owner when it fails.",
    shown_by="The list that came next shows no exception.",
    conclusion="Mended and shown since; it stays a deviation of its window.",
)
_BY_EXPECTATION = {
    "api-token-lifecycle": Remedy(
        cause="An engineer left the team; his token for the ledger export stayed without an owner.",
        effect="The token read payouts for a week without anybody answering for it. Its calls in "
        "that week were those of the nightly job.",
        response="We agree. Handing over tokens was no part of leaving a team.",
        action="Name a new owner, and put tokens on the checklist of those who change teams.",
        shown_by="The next list of tokens names an owner for each.",
        conclusion="Every token has an owner again; the week without one stays a deviation.",
    ),
    "leavers": Remedy(
        cause="The ticket closed when the directory account was removed; the support desk has "
        "accounts of its own, which nobody had put on it.",
        effect="One account could be used for twelve days. Nobody signed in with it.",
        response="We agree. Sign-ins of the twelve days were looked through.",
        action="Close a leaver's ticket only when every system has confirmed the removal.",
        shown_by="All who left in the following month lost their accounts within a day.",
        conclusion="The next months are in time; the late removal stays a deviation.",
    ),
    "restore-practice": Remedy(
        cause="The job that ships archives to the store of backups had stopped for a day, and "
        "nobody was told.",
        effect="The payments of one day could not have been restored from the backups alone; "
        "they were never lost.",
        response="We agree. The job was mended and the test done once more.",
        action="Tell whoever is on call when a day ships no archive.",
        shown_by="The retest restored all payments; counts and sums of every table match.",
        conclusion="Restored and compared; the failed first test stays a deviation.",
    ),
    "access-review-lines": Remedy(
        cause="The reader of the list was on leave, and nobody stood in.",
        effect="Far-reaching accounts of one quarter were looked at three months late. The late "
        "look found none to remove.",
        response="We found it ourselves and agree.",
        action="Name a second reader, whom the task goes to after five days.",
        shown_by="The review of the following quarter was done in time by its two readers.",
        conclusion="Reviewed since; the quarter without a review stays a deviation.",
    ),
    "change-approvals": Remedy(
        cause="The night rota had one engineer, who mended a failing payout and merged alone.",
        effect="One change of the month went in unseen. It was read the next morning and left as "
        "it was.",
        response="We agree. The branch let administrators merge without an approval.",
        action="Let nobody past the rule, and put a second engineer on call who may approve.",
        shown_by="Every change of the following month was approved by a second person.",
        conclusion="The rule holds for all now; the change stays a deviation.",
    ),
    "vendor-reports": Remedy(
        cause="The hosting company's report ends before our window, and its next one is late.",
        effect="For the last quarter we hold no word of an auditor on its controls.",
        response="We agree. We asked for a letter for the gap and watch its status page meanwhile.",
        action="Get the new report, or write down why we trust the vendor without one.",
        shown_by="The new report covers the days that were missing.",
        conclusion="Covered by the new report; the gap stays a deviation.",
    ),
}


def of(expectation_slug: str) -> Remedy:
    """Return what is said of a finding about an expectation."""
    return _BY_EXPECTATION.get(expectation_slug, _USUAL)
