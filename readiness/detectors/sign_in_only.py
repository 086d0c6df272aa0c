"""Sign-in is shown to be guarded, and what comes after it is not."""

from controls.readiness_file import Entry
from readiness.detection import Judgement, decide, lacking, not_judged
from readiness.facts import Facts

_SIGN_IN = ("staff-mfa-state", "administrator-factors", "api-authentication-standard")


def judge(entry: Entry, facts: Facts) -> Judgement:
    sign_in = facts.standings_of(_SIGN_IN)
    if not any(standing.is_in_force(facts.today) for standing in sign_in):
        return not_judged("no evidence in force shows how sign-in is guarded")
    beyond = facts.standings_of(entry.expectations)
    if not beyond:
        return not_judged("the catalogue that is loaded asks for nothing beyond sign-in")
    return decide(
        list(lacking(beyond, facts)),
        found="Sign-in is shown to be guarded; limits, logs and signs of abuse are not.",
        clear="Beyond sign-in, limits, logs and signs of abuse are shown too.",
    )
