"""The survey questions we imitate and the column grammar of the 2024-onward files.

``shares`` and ``pull`` describe the made-up answers only; everything else is the official layout.
"""

from dataclasses import dataclass
from typing import Literal

About = Literal["experience", "need", "nothing"]


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    ``headline`` and ``second_headline`` are the options counted as positive (1-based), ``outside``
    the options left out of the evaluated base ("don't know", "haven't needed"). ``shares`` are
    the typical shares of the options in order, evaluated options over the evaluated base, the
    outside ones over everybody who answered; empty where the answers are made elsewhere.
    ``about`` names the hidden trait that pulls answers towards the first option, by ``pull``.
    """

    stem: str
    options: int
    headline: tuple[int, ...] = ()
    second_headline: tuple[int, ...] = ()
    outside: tuple[int, ...] = ()
    shares: tuple[float, ...] = ()
    about: About = "experience"
    pull: float = 1.0

    @property
    def evaluated(self) -> tuple[int, ...]:
        """Options inside the evaluated base."""
        return tuple(n for n in range(1, self.options + 1) if n not in self.outside)


# In the order of the published header.
QUESTIONS = (
    Question("localgpservicesprefhp", 2, (1,), shares=(0.32, 0.68), about="nothing"),
    Question("localgpservicesprefhpsee", 5, (1, 2), outside=(5,),
             shares=(0.18, 0.22, 0.42, 0.18, 0.07)),
    Question("gpcontactoverall", 5, (1, 2), shares=(0.39, 0.31, 0.14, 0.09, 0.07), pull=1.2),
    Question("lastgpapptchoice", 5, (1,), (2,), outside=(4, 5)),
    Question("lastgpapptlisten", 6, (1, 2), outside=(6,),
             shares=(0.62, 0.25, 0.07, 0.03, 0.03, 0.02)),
    Question("lastgpapptcare", 6, (1, 2), outside=(6,),
             shares=(0.61, 0.25, 0.08, 0.03, 0.03, 0.02)),
    Question("lastgpapptmental", 6, (1, 2), outside=(6,),
             shares=(0.51, 0.23, 0.18, 0.04, 0.04, 0.22)),
    Question("lastgpapptconf", 4, (1, 2), outside=(4,), shares=(0.64, 0.29, 0.07, 0.03)),
    Question("lastgpapptdecision", 4, (1, 2), outside=(4,), shares=(0.62, 0.29, 0.09, 0.07)),
    Question("lastgpapptneeds", 4, (1, 2), outside=(4,), shares=(0.57, 0.33, 0.10, 0.03)),
    Question("overallexp", 5, (1, 2), shares=(0.44, 0.31, 0.13, 0.07, 0.05), pull=1.3),
    Question("healthexperienced", 4),
    Question("healthltcondition", 17),
    Question("healthimpact", 3, (1, 2), shares=(0.21, 0.41, 0.38), about="need"),
    Question("healthconfidence", 5, (1, 2), outside=(5,),
             shares=(0.25, 0.53, 0.17, 0.05, 0.04), pull=0.7),
    Question("healthsupport", 5, (1, 2), outside=(4, 5),
             shares=(0.31, 0.37, 0.32, 0.21, 0.03), pull=0.8),
    Question("healthconversation", 3, (1,), shares=(0.42, 0.51, 0.07), pull=0.6),
    Question("healthcareplan", 3, (1,), shares=(0.45, 0.45, 0.10), pull=0.4),
    Question("healthcareplanhelpful", 5, (1, 2), outside=(5,),
             shares=(0.48, 0.45, 0.06, 0.01, 0.02), pull=0.6),
    Question("aboutyouethnicity", 20, about="nothing",
             shares=(0.68, 0.009, 0.001, 0.002, 0.07, 0.004, 0.003, 0.007, 0.008, 0.045,
                     0.026, 0.012, 0.012, 0.025, 0.011, 0.045, 0.006, 0.007, 0.012, 0.015)),
    Question("aboutyoucarer", 6, (2, 3, 4, 5, 6), about="nothing",
             shares=(0.84, 0.06, 0.02, 0.02, 0.02, 0.04)),
    Question("healthconditionre", 4, (1,), outside=(3,)),
    Question("dv_ethnicityband", 6),
    Question("aboutyouagemerged", 9),
)  # fmt: skip

# Fewer than this many respondents (unweighted) and the result is withheld.
LEAST_BASE = 10
# Organisations up to this many patients also have option counts of 1 to 4 withheld in questions
# about the person and about long-term conditions, and the next lowest when only one is.
SMALL_ORGANISATION, LEAST_SMALL_COUNT = 1000, 5
SENSITIVE_STEMS = frozenset(
    {"healthltcondition", "healthconditionre", "aboutyouethnicity", "aboutyoucarer",
     "dv_ethnicityband", "aboutyouagemerged"}
)  # fmt: skip

ICS_COLUMNS = (
    "ad_icscode", "ad_icsname", "ad_icscodeons",
    "ad_commissioningregioncode", "ad_commissioningregionname",
)  # fmt: skip
PRACTICE_COLUMNS = (
    "ad_practicecode", "ad_practicename", *ICS_COLUMNS, "ad_pcncode", "ad_pcnname",
)  # fmt: skip
NETWORK_COLUMNS = ("ad_pcncode", "ad_pcnname", *ICS_COLUMNS)
REGION_COLUMNS = ("ad_commissioningregioncode", "ad_commissioningregionname")
RESPONSE_COLUMNS = ("distributed", "received", "resprate")


def columns(question: Question) -> list[str]:
    """Column names of a question in published order: counts, bases, shares, limits."""
    options = range(1, question.options + 1)
    names = [f"_{n}.count" for n in options]
    if question.headline:
        names.append(".counteval")
    if question.second_headline:
        names.append(".countevalb")
    names += [".basefulluw", ".baseevaluw", ".basefullw", ".baseevalw"]
    names += [f"_{n}.pct" for n in options]
    if question.headline:
        names += [".pcteval", ".lowileval", ".hiwileval"]
    if question.second_headline:
        names += [".pctevalb", ".lowilevalb", ".hiwilevalb"]
    return [question.stem + name for name in names]


def header(identifiers: tuple[str, ...]) -> list[str]:
    """The whole header of a level: identifiers, response, every question, population last."""
    asked = [name for question in QUESTIONS for name in columns(question)]
    return [*identifiers, *RESPONSE_COLUMNS, *asked, "popsize"]
