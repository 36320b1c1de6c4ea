"""The way many teams do it today: pandas, file by file, for three indicators.

``python -m benchmarks.national.pandas_way LANDING OUTPUT`` reads the monthly list sizes, the
Network Contract counts and the crosstab of appointments, and writes by practice and month, as
Parquet: people referred to social prescribing since April (PC-SP-01), social prescribing
appointments (PC-SP-06) and group consultations (PC-SSM-05), each per 1,000 people of the list.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd  # type: ignore[import-untyped]  # only a benchmark uses it

# What this way reads and makes, as the platform names it.
EXTRACTS = ("reg_list_sizes", "ncdes_counts", "gpad_crosstab")
SERIES = {"PC-SP-01": "ncdes_ytd", "PC-SP-06": "gpad", "PC-SSM-05": "gpad"}
_CATEGORIES = {
    "PC-SP-06": "Social Prescribing Service",
    "PC-SSM-05": "Group Consultation and Group Education",
}
_REFERRED = ["NCD001", "PC01"]
_PER = 1000


def main() -> None:
    """Read, join, divide, write."""
    landing, output = Path(sys.argv[1]), Path(sys.argv[2])
    lists = _list_sizes(landing)
    counts = pd.concat([_referrals(landing), *_appointments(landing)], ignore_index=True)
    values = counts.merge(lists, on=["practice_code", "month"], how="inner")
    values["value"] = values["numerator"] / values["denominator"] * _PER
    values.to_parquet(output)


def _list_sizes(landing: Path) -> pd.DataFrame:
    frames = [
        pd.read_csv(path) for path in (landing / "gp-list-size").glob("gp-reg-pat-prac-all_*.csv")
    ]
    lists = pd.concat(frames, ignore_index=True)
    return pd.DataFrame(
        {
            "practice_code": lists["CODE"],
            "month": pd.to_datetime(lists["EXTRACT_DATE"], format="%d%b%Y"),
            "denominator": lists["NUMBER_OF_PATIENTS"],
        }
    )


def _referrals(landing: Path) -> pd.DataFrame:
    frames = [_counts(path) for path in (landing / "ncd-des").glob("*.csv")]
    counts = pd.concat(frames, ignore_index=True)
    counts = counts[counts["IND_CODE"].isin(_REFERRED) & (counts["MEASURE"] == "Numerator")]
    return pd.DataFrame(
        {
            "indicator_id": "PC-SP-01",
            "practice_code": counts["PRACTICE_CODE"],
            "month": counts["ACH_DATE"].dt.to_period("M").dt.to_timestamp(),
            "numerator": pd.to_numeric(counts["VALUE"], errors="coerce"),
        }
    ).dropna(subset=["numerator"])


def _counts(path: Path) -> pd.DataFrame:
    """A published file, or one as practices submitted it: other names, some rows sent twice."""
    counts = pd.read_csv(path, dtype={"VALUE": "string", "ACH_DATE": "string"})
    day = "%d/%m/%Y"
    if "ORG_CODE" in counts.columns:
        day = "%Y%m%d"
        counts = counts.rename(columns={"ORG_CODE": "PRACTICE_CODE", "FIELD_NAME": "MEASURE"})
        key = ["PRACTICE_CODE", "ACH_DATE", "IND_CODE", "MEASURE"]
        counts = counts.drop_duplicates(key, keep="last")
    return counts.assign(ACH_DATE=pd.to_datetime(counts["ACH_DATE"], format=day))


def _appointments(landing: Path) -> Iterator[pd.DataFrame]:
    files = (landing / "gp-appointments").glob("Practice_Level_Crosstab_*.csv")
    rows = pd.concat([pd.read_csv(path) for path in files], ignore_index=True)
    rows["month"] = pd.to_datetime(rows["APPOINTMENT_MONTH_START_DATE"], format="%d%b%Y")
    rows = rows.rename(columns={"GP_CODE": "practice_code"})
    # A practice that is in the data of a month and has none of them has zero.
    everyone = rows[["practice_code", "month"]].drop_duplicates()
    for indicator_id, category in _CATEGORIES.items():
        attended = rows[
            (rows["NATIONAL_CATEGORY"] == category) & (rows["APPT_STATUS"] == "Attended")
        ]
        summed = attended.groupby(["practice_code", "month"], as_index=False).agg(
            numerator=("COUNT_OF_APPOINTMENTS", "sum")
        )
        counted = everyone.merge(summed, on=["practice_code", "month"], how="left")
        counted["numerator"] = counted["numerator"].fillna(0)
        counted.insert(0, "indicator_id", indicator_id)
        yield counted


if __name__ == "__main__":
    main()
