"""Social prescribing extracts of one month: referrals, needs, contacts and support offered."""

import uuid

import numpy as np
import polars as pl

from assets.samples.community.draws import (
    Draw,
    Floats,
    Integers,
    coded,
    dates,
    flag,
    kept,
    pick,
    serial,
    stream_of,
    working_day,
)
from assets.samples.community.histories import Histories, as_seen
from assets.samples.community.volumes import Volumes

REFERRAL_COLUMNS = (
    "referral_id", "person_key", "provider_org_id", "practice_code", "referral_date",
    "referral_source", "snomed_code", "status", "decline_reason", "first_contact_date",
    "plan_agreed_date", "closed_date", "closure_reason", "age_band", "gender", "ethnic_group",
    "imd_decile", "ltc_flag", "carer_flag",
)  # fmt: skip
NEED_COLUMNS = ("referral_id", "need_code", "is_primary", "snomed_code")
CONTACT_COLUMNS = (
    "contact_id", "referral_id", "contact_date", "mode", "worker_role", "outcome", "minutes",
)  # fmt: skip
SUPPORT_COLUMNS = (
    "support_id", "referral_id", "oruk_service_id", "support_type", "offered_date", "taken_up",
    "taken_up_date", "is_free",
)  # fmt: skip

# How often each need is named, before age and deprivation.
NEEDS = {
    "loneliness": 1.5, "mental_wellbeing": 2.2, "physical_activity": 0.9, "ltc_management": 0.9,
    "money_debt": 1.1, "housing": 0.8, "employment_training": 0.45, "caring": 0.35,
    "domestic_abuse": 0.08, "bereavement": 0.25, "substance_use": 0.12, "food_fuel": 0.5,
    "digital": 0.2, "volunteering": 0.2, "other": 0.4,
}  # fmt: skip
NEED_CODES = tuple(NEEDS)
_WHERE_DEPRIVED = ("money_debt", "housing", "food_fuel", "employment_training", "substance_use")
_WHEN_OLD = ("loneliness", "bereavement", "digital", "ltc_management")
_OLD = ("65-74", "75-84", "85+")

_MORE_SUPPORT = {
    "arts_culture": 0.2, "nature_green": 0.2, "peer_group": 0.25, "advice": 0.2, "exercise": 0.15,
}  # fmt: skip
MODES = {
    "in_person": 0.24, "phone": 0.48, "video": 0.03, "home_visit": 0.08, "group": 0.07,
    "message": 0.10,
}  # fmt: skip
WORKERS = {"splw": 0.80, "hwbc": 0.08, "care_coordinator": 0.06, "volunteer": 0.04, "other": 0.02}
OUTCOMES = {"attended": 0.80, "dna": 0.13, "cancelled": 0.07}
_UNREACHED_OUTCOMES = {"dna": 0.85, "cancelled": 0.15}
TAKEN_UP = {"yes": 0.62, "no": 0.18, "unknown": 0.20}


def referrals(told: Histories, owner: str, until: int) -> pl.DataFrame:
    """X-SPREF: one row per referral of the month as known on the day of extraction."""
    return as_seen(told, until).with_columns(pl.lit(owner).alias("provider_org_id"))


def needs(told: Histories, seed: int, owner: str, period: str) -> pl.DataFrame:
    """X-SPNEED: one to four different needs per referral, the first of them the primary one."""
    draw = stream_of(seed, "needs", owner, period)
    rows = told.frame.height
    # The largest of weighted Gumbel draws are a weighted sample without replacement.
    pull = np.log(_need_weights(told.frame)) + draw.gumbel(size=(rows, len(NEED_CODES)))
    ranked = np.argsort(-pull, axis=1)[:, :4]
    how_many = np.minimum(1 + draw.poisson(0.75, rows), 4)
    named = np.arange(4) < how_many[:, None]
    referral = np.repeat(np.arange(rows), how_many)
    return pl.DataFrame(
        {
            "referral_id": told.frame["referral_id"].gather(pl.Series(referral)),
            "need_code": coded(NEED_CODES, ranked[named]),
            "is_primary": np.broadcast_to(np.arange(4) == 0, named.shape)[named],
            # No reviewed list of codes for needs exists, so providers leave it empty.
            "snomed_code": pl.Series([None], dtype=pl.String).new_from_index(0, len(referral)),
        }
    )


def _need_weights(known: pl.DataFrame) -> Floats:
    """Weight of each need per referral: poverty, age and caring make some more likely."""
    weights = np.tile(np.array(list(NEEDS.values())), (known.height, 1))
    deprived = (known["imd_decile"].fill_null(5) <= 3).to_numpy()
    old = known["age_band"].is_in(_OLD).to_numpy()
    caring = known["carer_flag"].fill_null(False).to_numpy()
    for code in _WHERE_DEPRIVED:
        weights[deprived, NEED_CODES.index(code)] *= 1.8
    for code in _WHEN_OLD:
        weights[old, NEED_CODES.index(code)] *= 1.9
    weights[old, NEED_CODES.index("employment_training")] *= 0.08
    weights[caring, NEED_CODES.index("caring")] *= 9.0
    return weights


def contacts(
    told: Histories, volumes: Volumes, seed: int, owner: str, period: str, prefix: str, until: int
) -> pl.DataFrame:
    """X-SPCON: contacts up to the day of extraction.

    The first attended one is on the first contact date. Whom nobody reached has only attempts.
    """
    draw = stream_of(seed, "contacts", owner, period)
    first = np.flatnonzero(told.reached)
    later = np.repeat(first, draw.poisson(volumes.later_contacts, len(first)))
    unreached = np.flatnonzero((told.fate == "unreached").to_numpy())
    tried = np.repeat(unreached, draw.poisson(1.6, len(unreached)))
    referral = np.concatenate([first, later, tried])
    start = np.where(told.reached, told.contact, told.referred)[referral]
    share = np.concatenate([np.zeros(len(first)), draw.beta(1.0, 1.6, len(later) + len(tried))])
    # Moving a Saturday to Monday may pass no closing day: those are working days themselves.
    day = working_day(start + (share * (told.closed[referral] - start)).astype(np.int64))
    outcome = pl.concat(
        [pick(draw, {"attended": 1.0}, len(first)), pick(draw, OUTCOMES, len(later)),
         pick(draw, _UNREACHED_OUTCOMES, len(tried))]
    )  # fmt: skip
    rows = len(referral)
    minutes = np.clip(np.rint(draw.gamma(4.0, 9.0, rows) / 5) * 5, 5, 480).astype(np.int64)
    attended = (outcome == "attended").to_numpy()
    frame = pl.DataFrame(
        {
            "contact_id": serial(prefix, rows),
            "referral_id": told.frame["referral_id"].gather(pl.Series(referral)),
            "contact_date": dates(day),
            "mode": pick(draw, MODES, rows),
            "worker_role": pick(draw, WORKERS, rows),
            "outcome": outcome,
            "minutes": kept(pl.Series(minutes), attended & flag(draw, 0.97, rows)),
        }
    )
    order = np.lexsort((np.arange(rows), day, referral))
    return frame.gather(pl.Series(order[day[order] <= until]))


def supports(
    told: Histories, seed: int, owner: str, period: str, prefix: str, until: int
) -> pl.DataFrame:
    """X-SPSUP: support offered up to the day of extraction, taken up then, later or never."""
    draw = stream_of(seed, "supports", owner, period)
    met = np.flatnonzero(told.reached)
    referral = np.repeat(met, draw.poisson(1.5, len(met)))
    rows = len(referral)
    offered = working_day(told.contact[referral] + draw.integers(0, 43, rows))
    answered = offered + draw.geometric(0.08, rows)
    taken = pick(draw, TAKEN_UP, rows)
    # An answer still to come is unknown.
    taken = taken.set(pl.Series((answered > until) & (taken != "unknown").to_numpy()), "unknown")
    services = _services(seed, owner, max(12, rows // 60))
    service = draw.integers(0, len(services), rows)
    frame = pl.DataFrame(
        {
            "support_id": serial(prefix, rows),
            "referral_id": told.frame["referral_id"].gather(pl.Series(referral)),
            "oruk_service_id": kept(coded(services, service), flag(draw, 0.85, rows)),
            "support_type": _support_types(told.frame, referral, draw),
            "offered_date": dates(offered),
            "taken_up": taken,
            "taken_up_date": dates(answered, (taken == "yes").to_numpy()),
            "is_free": kept(pl.Series(flag(draw, 0.86, rows)), flag(draw, 0.94, rows)),
        }
    )
    return frame.filter(pl.Series(offered <= until))


def _support_types(known: pl.DataFrame, referral: Integers, draw: Draw) -> pl.Series:
    """Support for a likely need, or something for everybody such as arts or a peer group."""
    bounds = np.cumsum(_need_weights(known), axis=1)[referral]
    drawn = (draw.random((len(referral), 1)) * bounds[:, -1:] >= bounds).sum(axis=1)
    of_need = coded(NEED_CODES, drawn.astype(np.int64))
    more = pick(draw, _MORE_SUPPORT, len(referral))
    return of_need.zip_with(pl.Series(flag(draw, 0.55, len(referral))), more)


def _services(seed: int, owner: str, count: int) -> list[str]:
    """Identifiers of services in the provider's directory; the first ones stay as it grows."""
    name = f"https://example.org/services/{seed}/{owner}"
    return [str(uuid.uuid5(uuid.NAMESPACE_URL, f"{name}/{number}")) for number in range(count)]
