"""How much community providers send: a board that records a lot, and the whole of England."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Volumes:
    """How often things happen.

    ``referrals_per_1000`` patients in a middling month; ``later_contacts`` after the first one, on
    average; ``asked`` is the share of people met who get questionnaires. A team has an engagement
    project for every ``organisations_per_project``, ``least_projects`` at least, and champions hold
    ``sessions`` times as many sessions as in a middling programme.
    """

    referrals_per_1000: float
    later_contacts: float
    asked: float
    organisations_per_project: float
    least_projects: int
    sessions: float


# A board of 1.5 million sees some 2,500 referrals a month.
OF_A_BOARD = Volumes(
    referrals_per_1000=1.7,
    later_contacts=3.9,
    asked=0.42,
    organisations_per_project=6,
    least_projects=12,
    sessions=1.0,
)
# With 6,300 practices and 36 months: 3 million referrals, 9 million contacts, 1 million items of
# questionnaires, 60,000 engagement records and 500,000 sessions.
OF_ENGLAND = Volumes(
    referrals_per_1000=1.28,
    later_contacts=4.75,
    asked=0.047,
    organisations_per_project=7.3,
    least_projects=10,
    sessions=2.55,
)
