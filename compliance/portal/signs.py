"""The sign of each state on the pages of the portal, read without colour."""

from audits.coverage import State

SIGNS = {
    State.MET: "✓",
    State.LATE: "◷",
    State.PARTIAL: "◐",
    State.FAILING: "!",
    State.MISSED: "✕",
    State.UPCOMING: "○",
    State.EXEMPT: "\N{EN DASH}",
}
