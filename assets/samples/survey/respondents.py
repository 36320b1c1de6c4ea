"""The people who answered: who they are, how they are weighted and what they ticked.

Everything is an array with one entry per respondent, ordered by practice. An answer sheet is a
boolean matrix (respondent by option): multi-select questions have several ticks in a row, and a
row without a tick was not asked or left the question blank.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assets.samples.country.places import Practice
from assets.samples.survey.questionnaire import QUESTIONS, SMALL_ORGANISATION, Question

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# Age bands 16-24 ... 85+: share of the population, and of those who send the form back.
_POPULATION_BY_AGE = np.array([0.125, 0.165, 0.170, 0.165, 0.165, 0.115, 0.075, 0.020])
_ANSWERING_BY_AGE = np.array([0.055, 0.085, 0.115, 0.145, 0.210, 0.215, 0.140, 0.035])
# Any long-term condition, by age band.
_CONDITION_BY_AGE = np.array([0.37, 0.45, 0.53, 0.62, 0.72, 0.81, 0.89, 0.92])
_BLANK = 0.012
_BOXES_IF_CONDITION = np.array(
    [0.35, 0.04, 0.03, 0.06, 0.10, 0.01, 0.13, 0.12, 0.29, 0.045, 0.03, 0.14, 0.22, 0.065,
     0.025, 0.28]
)  # fmt: skip
# Which of the six ethnic bands each of the twenty answers belongs to.
_BAND_OF_ANSWER = np.array([0] * 5 + [1] * 4 + [2] * 5 + [3] * 3 + [4] * 2 + [5])


@dataclass(frozen=True, slots=True)
class Respondents:
    """Everybody who answered in one year.

    ``starts`` is the first respondent of each practice, ``design`` the weight before a level
    settles its own, ``answers`` one boolean matrix per question stem.
    """

    distributed: Integers
    received: Integers
    starts: Integers
    design: Floats
    answers: dict[str, Flags]


def ask(practices: tuple[Practice, ...], population: Integers, draw: np.random.Generator,
        shift: float) -> Respondents:  # fmt: skip
    """Draw the respondents of one year and their answers.

    ``population`` is registered patients per practice, ``shift`` what the year adds to everybody's
    experience on the logit scale.
    """
    deprivation = np.array([practice.deprivation for practice in practices])
    standing = np.array([practice.standing for practice in practices])
    distributed, received = _response(population, deprivation, draw)
    total = int(received.sum())
    practice_of = np.repeat(np.arange(len(practices)), received)
    starts = np.concatenate([[0], np.cumsum(received)[:-1]]).astype(np.int64)

    age = draw.choice(8, size=total, p=_ANSWERING_BY_AGE)
    spread = draw.uniform(0.20, 0.72, len(practices))
    # Older people answer more and weigh less; what else moves a weight differs per practice,
    # and is trimmed as survey weights are.
    within = (_POPULATION_BY_AGE / _ANSWERING_BY_AGE)[age] * np.exp(
        np.clip(draw.normal(0.0, 1.0, total), -2.0, 2.0) * spread[practice_of]
    )
    mean_within = np.add.reduceat(within, starts) / received
    carried = population * (total / population.sum()) / received
    design = within / mean_within[practice_of] * carried[practice_of]

    gradient = (deprivation - 20.0) / 15.0
    experience = (
        (shift + standing - 0.32 * gradient)[practice_of] + draw.normal(0.0, 0.9, total)
        + 0.10 * (age - 3.5)
    )  # fmt: skip
    need = 0.35 * gradient[practice_of] + draw.normal(0.0, 0.6, total)
    answers = _answer_all(age, experience, need, gradient[practice_of], draw)
    return Respondents(distributed, received, starts, design, answers)


def _response(
    population: Integers, deprivation: Floats, draw: np.random.Generator
) -> tuple[Integers, Integers]:
    """Forms sent and returned per practice: about 110 returned, fewer returned when deprived."""
    count = len(population)
    received = np.clip(np.rint(draw.normal(112, 14, count)), 70, 190).astype(np.int64)
    rate = np.clip(0.43 - 0.0065 * (deprivation - 8) + draw.normal(0, 0.03, count), 0.13, 0.55)
    # So few answers that routed questions fall under the least base.
    small = population <= SMALL_ORGANISATION
    received[small], rate[small] = 14, 0.2
    return np.rint(received / rate).astype(np.int64), received


def _answer_all(
    age: npt.NDArray[np.integer], experience: Floats, need: Floats, gradient: Floats,
    draw: np.random.Generator,
) -> dict[str, Flags]:  # fmt: skip
    """Answer every question for everybody who is routed to it."""
    total = len(age)
    everybody = np.ones(total, dtype=np.bool_)
    seen = draw.random(total) < 0.97
    traits = {"experience": experience, "need": need, "nothing": np.zeros(total)}
    questions = {question.stem: question for question in QUESTIONS}
    answers: dict[str, Flags] = {}

    def put(stem: str, asked: Flags) -> None:
        question = questions[stem]
        sheet = _tick(question, traits[question.about] * question.pull, draw)
        answers[stem] = _leave(sheet, asked, draw)

    put("localgpservicesprefhp", everybody)
    put("localgpservicesprefhpsee", answers["localgpservicesprefhp"][:, 0])
    put("gpcontactoverall", everybody)
    answers["lastgpapptchoice"] = _leave(_choices(experience, draw), seen, draw)
    for stem in ("listen", "care", "mental", "conf", "decision", "needs"):
        put(f"lastgpappt{stem}", seen)
    put("overallexp", everybody)

    answers["healthexperienced"] = _leave(_experienced(age, gradient, draw), everybody, draw)
    condition = _condition(age, need, draw)
    has_condition = condition[:, 0]
    answers["healthltcondition"] = _leave(_boxes(condition, draw), everybody, draw, blank=0.06)
    answers["healthconditionre"] = condition
    for stem in ("impact", "confidence", "support", "conversation"):
        put(f"health{stem}", has_condition)
    put("healthcareplan", answers["healthconversation"][:, 0])
    put("healthcareplanhelpful", answers["healthcareplan"][:, 0])

    put("aboutyouethnicity", everybody)
    bands = np.zeros((total, 6), dtype=np.bool_)
    told = answers["aboutyouethnicity"].any(axis=1)
    bands[told, _BAND_OF_ANSWER[answers["aboutyouethnicity"][told].argmax(axis=1)]] = True
    answers["dv_ethnicityband"] = bands
    put("aboutyoucarer", everybody)
    silent = draw.random(total) < 0.007
    answers["aboutyouagemerged"] = _one_of(np.where(silent, 8, age), 9)
    return answers


def _one_of(chosen: npt.NDArray[np.integer], options: int) -> Flags:
    """Turn the chosen option (0-based) into a sheet."""
    return np.asarray(chosen[:, None] == np.arange(options), dtype=np.bool_)


def _leave(sheet: Flags, asked: Flags, draw: np.random.Generator, blank: float = _BLANK) -> Flags:
    """Empty the rows of people who were not asked and of the few who left it blank."""
    kept = asked & (draw.random(len(asked)) >= blank)
    return sheet & kept[:, None]


def _tick(question: Question, pull: Floats, draw: np.random.Generator) -> Flags:
    """Tick one option each: a proportional-odds scale, beside it the options outside the base."""
    total = len(pull)
    shares = np.array(question.shares)
    inside = np.array(question.evaluated) - 1
    steps = np.cumsum(shares[inside])[:-1] / shares[inside].sum()
    reach = 1.0 / (1.0 + np.exp(-(np.log(steps / (1.0 - steps)) + pull[:, None])))
    chosen = inside[(draw.random(total)[:, None] > reach).sum(axis=1)]
    lot = draw.random(total)
    for option in question.outside:
        share = shares[option - 1]
        chosen = np.where((lot >= 0) & (lot < share), option - 1, chosen)
        lot = lot - share
    return _one_of(chosen, question.options)


def _choices(experience: Floats, draw: np.random.Generator) -> Flags:
    """Choice at the last appointment: time or day and location may both be ticked."""
    total = len(experience)
    lot = draw.random(total)
    didnt_need, cant_say = lot < 0.145, (lot >= 0.145) & (lot < 0.27)
    offered = ~didnt_need & ~cant_say & (draw.random(total) < _logistic(0.43 + 0.5 * experience))
    which = draw.random(total)
    sheet = np.zeros((total, 5), dtype=np.bool_)
    sheet[:, 0] = offered & (which < 0.90)
    sheet[:, 1] = offered & (which >= 0.76)
    sheet[:, 2] = ~offered & ~didnt_need & ~cant_say
    sheet[:, 3], sheet[:, 4] = didnt_need, cant_say
    return sheet


def _experienced(
    age: npt.NDArray[np.integer], gradient: Floats, draw: np.random.Generator
) -> Flags:
    """Problems in the last year: mobility, falls, isolation (several may apply) or none."""
    total = len(age)
    sheet = np.zeros((total, 4), dtype=np.bool_)
    sheet[:, 0] = draw.random(total) < _logistic(-2.3 + 0.28 * (age - 3) + 0.25 * gradient)
    sheet[:, 1] = draw.random(total) < _logistic(-4.2 + 0.30 * (age - 3) + 0.20 * gradient)
    sheet[:, 2] = draw.random(total) < _logistic(-2.4 - 0.10 * (age - 3) + 0.35 * gradient)
    sheet[:, 3] = ~sheet[:, :3].any(axis=1)
    return sheet


def _condition(age: npt.NDArray[np.integer], need: Floats, draw: np.random.Generator) -> Flags:
    """Long-term condition: yes, no, don't know, prefer not to say."""
    total = len(age)
    base = _CONDITION_BY_AGE[age]
    has = draw.random(total) < _logistic(np.log(base / (1 - base)) + 0.6 * need)
    lot = draw.random(total)
    chosen = np.where(has, 0, np.where(lot < 0.10, 2, np.where(lot < 0.23, 3, 1)))
    return _leave(_one_of(chosen, 4), np.ones(total, dtype=np.bool_), draw)


def _boxes(condition: Flags, draw: np.random.Generator) -> Flags:
    """The conditions ticked; option 17 is none. At least one box for those who have one."""
    total = len(condition)
    sheet = np.zeros((total, 17), dtype=np.bool_)
    has = condition[:, 0]
    sheet[:, :16] = (draw.random((total, 16)) < _BOXES_IF_CONDITION) & has[:, None]
    sheet[:, 15] |= has & ~sheet[:, :16].any(axis=1)
    sheet[:, 16] = condition[:, 1]
    return sheet


def _logistic(x: Floats) -> Floats:
    """Inverse of the logit."""
    return np.asarray(1.0 / (1.0 + np.exp(-x)), dtype=np.float64)
