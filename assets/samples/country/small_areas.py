"""The made-up small areas (LSOAs): where each practice's patients live, and how deprived it is.

Deprivation scores are chosen so that the average over a practice's patients is its own score.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assets.samples.country.ages import drawn_month, resized
from assets.samples.country.areas import FEATURES, NOTIONS
from assets.samples.country.places import Places, stream

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

NO_SMALL_AREA, WELSH = "NO2011", "W01999901"
# England has 33,755 small areas of 2021 and 309 local authority districts for 6,300 practices.
_PER_PRACTICE, _PER_DISTRICT = 33_755 / 6_300, 109
# Most patients live within a few small areas of the practice, some anywhere up to 40 away.
_REACH, _NEAR, _FAR_SHARE = 40, 3.0, 0.004
_WITHOUT_ADDRESS, _IN_WALES, _NEAR_WALES = 0.0008, 0.01, 0.05
_LEAST_SCORE, _MOST_SCORE = 0.6, 92.0
_LEAST_PEOPLE = 900


@dataclass(frozen=True, slots=True)
class District:
    """A local authority district: code and name."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class SmallAreas:
    """All small areas and the patients of each practice in them.

    ``codes``, ``names``, ``district_of`` (position in ``districts``), ``scores`` (IMD, higher is
    more deprived, three decimals) and ``people`` (residents) have one entry per small area.
    ``nearby`` are the small areas around each practice and ``patients`` how many live there, both
    practice by place; two more columns of ``patients`` live nowhere known and in Wales.
    """

    codes: list[str]
    names: list[str]
    districts: list[District]
    district_of: Integers
    scores: Floats
    people: Integers
    nearby: Integers
    patients: Integers

    def patients_on(self, rows: Integers, sizes: Integers) -> Integers:
        """Return patients by practice (given by position) and place for other list sizes."""
        return resized(self.patients[rows], sizes)


def invent_small_areas(places: Places, seed: int) -> SmallAreas:
    """Invent small areas for all practices, about five for each, the same for the same seed."""
    draw = stream(seed, 6)
    practices = len(places.practices)
    count = max(20, round(practices * _PER_PRACTICE))
    nearby, weights = _surroundings(practices, count, draw)
    sizes = np.array([p.list_sizes[drawn_month(p)] for p in places.practices])
    patients = draw.multinomial(sizes, weights / weights.sum(axis=1, keepdims=True))
    wanted = np.array([practice.deprivation for practice in places.practices])
    living = np.bincount(nearby.ravel(), patients[:, : nearby.shape[1]].ravel(), count)
    district_of = np.arange(count) // _PER_DISTRICT
    districts = [_district(number) for number in range(int(district_of[-1]) + 1)]
    inside = np.arange(count) % _PER_DISTRICT
    return SmallAreas(
        codes=[f"E01{900001 + number}" for number in range(count)],
        names=[
            f"{districts[d].name} {n // 5 + 1:03d}{'ABCDE'[n % 5]}"
            for d, n in zip(district_of.tolist(), inside.tolist(), strict=True)
        ],
        districts=districts,
        district_of=district_of,
        scores=_scores(nearby, patients[:, : nearby.shape[1]], wanted, count, draw),
        people=np.maximum(np.rint(living / 1.04), _LEAST_PEOPLE).astype(np.int64),
        nearby=nearby,
        patients=patients,
    )


def _surroundings(practices: int, count: int, draw: np.random.Generator) -> tuple[Integers, Floats]:
    """Small areas around each practice, and the weights with which its patients live there."""
    width = min(2 * _REACH + 1, count)
    centre = (np.arange(practices) + 0.5) * count / practices
    first = np.clip(np.rint(centre - _REACH), 0, count - width).astype(np.int64)
    nearby = first[:, None] + np.arange(width)
    distance = np.abs(nearby + 0.5 - centre[:, None])
    near = np.exp(-distance / _NEAR + draw.normal(0.0, 0.3, nearby.shape))
    inside = near + _FAR_SHARE * draw.random(nearby.shape)
    total = inside.sum(axis=1)
    border = np.arange(practices) >= practices * (1 - _NEAR_WALES)
    nowhere = total * _WITHOUT_ADDRESS
    wales = total * _IN_WALES * border
    return nearby, np.column_stack([inside, nowhere, wales])


def _district(number: int) -> District:
    """Invent a local authority district."""
    notion, feature = NOTIONS[(number + 3) % 10], FEATURES[number % 15]
    # Several hundred districts: names beyond the first thirty get a county.
    county = f" of {NOTIONS[number // 30 % 10]}shire" if number >= 30 else ""
    # A comma in a name is ordinary in the real files and forces quoting.
    name = "Specimen upon Sea, City of" if number == 1 else f"{notion} {feature}{county}"
    return District(f"E07{990001 + number}", name)


def _scores(
    nearby: Integers, patients: Integers, wanted: Floats, count: int, draw: np.random.Generator
) -> Floats:
    """Scores of small areas whose average over each practice's patients is the wanted score.

    Starts from the score of the nearest practice with noise and adds the least correction, several
    times because scores have limits.
    """
    shares = patients / np.maximum(patients.sum(axis=1, keepdims=True), 1)
    nearest = np.minimum(np.arange(count) * len(wanted) // count, len(wanted) - 1)
    scores = np.clip(wanted[nearest] * np.exp(draw.normal(0.0, 0.35, count)), 1.0, 88.0)
    for _ in range(12):
        missing = wanted - (shares * scores[nearby]).sum(axis=1)
        scores = scores + _least_correction(nearby, shares, missing, count)
        scores = np.clip(scores, _LEAST_SCORE, _MOST_SCORE)
    return np.asarray(np.round(scores, 3))


def _least_correction(nearby: Integers, shares: Floats, missing: Floats, count: int) -> Floats:
    """The smallest change of scores that changes the averages of practices by what is missing.

    Conjugate gradients on the normal equations; stops at a ten-thousandth of a point.
    """

    def spread(values: Floats) -> Floats:
        weights = (shares * values[:, None]).ravel()
        return np.asarray(np.bincount(nearby.ravel(), weights, count), dtype=np.float64)

    step, direction, residual = np.zeros(len(missing)), missing.copy(), missing
    for _ in range(60):
        changed = (shares * spread(direction)[nearby]).sum(axis=1) + 1e-6 * direction
        length = float(residual @ residual) / max(float(direction @ changed), 1e-12)
        step = step + length * direction
        left = residual - length * changed
        if float(np.abs(left).max()) < 1e-4:
            break
        direction = left + float(left @ left) / float(residual @ residual) * direction
        residual = left
    return spread(step)
