"""NHS Payments to General Practice: lists, weighted lists and payments of a financial year."""

from pathlib import Path

import numpy as np

from assets.samples.country.areas import Parents
from assets.samples.country.places import Places, Practice, stream
from assets.samples.months import slashed, span
from assets.samples.periods import Periods
from assets.samples.published.published_csv import write_csv

# Who a practice is: the columns before the amounts.
PRACTICE_COLUMNS = (
    "NHS England (Region) code", "NHS England (Region) Name", "Sub ICB Code", "Sub ICB Name",
    "PCN Code", "PCN Name", "Practice Code", "Practice Name", "Practice Address",
    "Practice Postcode", "Practice Open Date", "Practice Close Date", "Contract Type",
    "Dispensing Practice", "Practice type", "Practice Rurality", "Atypical characteristics",
    "Average Number of Registered Patients", "Average Number of Weighted Patients",
    "Average payments per registered patient", "Average payments per weighted patient",
)  # fmt: skip
_GLOBAL_SUM, _PMS_BALANCE = "Global Sum", "Balance of PMS Expenditure"
_DISPENSING = frozenset(
    {"Prescribing Fee Payments", "Dispensing Fee Payments", "Reimbursement of Drugs"}
)
# Column, pounds per patient where it is paid, and the share of practices it is paid to. The
# global sum is per weighted patient. In published order.
_AMOUNTS = (
    (_GLOBAL_SUM, 112.5, 1.0), ("MPIG Correction factor", 0.0, 0.0), (_PMS_BALANCE, 112.5, 1.0),
    ("Total QOF Payments", 16.5, 1.0),
    ("Childhood Vaccination and Immunisation Scheme", 0.2, 0.9),
    ("Influenza and Pneumococcal Immunisations", 1.7, 1.0), ("Learning Disabilities", 0.7, 0.9),
    ("Meningitis", 0.25, 0.95), ("Minor Surgery", 1.2, 0.7),
    ("Out Of Area in Hours Urgent Care", 0.1, 0.02), ("Pertussis", 0.02, 0.8),
    ("Rotavirus and Shingles Immunisation", 0.4, 1.0), ("Services for Violent Patients", 0.3, 0.02),
    ("Medical Assessment Reviews", 0.08, 0.5), ("Weight Management Service", 0.05, 0.5),
    ("Local Incentive Schemes", 9.0, 0.9), ("GP Extended Hours Access", -0.01, 0.02),
    ("Premises Payments", 16.0, 0.95), ("Seniority", 0.0, 0.0),
    ("Doctors Retainer Scheme Payments", 0.3, 0.1), ("Total Locum Allowances", 0.4, 0.3),
    ("Appraisal - Appraiser Costs in Respect of Locums", 0.02, 0.05),
    ("Prolonged Study Leave", 0.0, 0.0), ("PCO Admin Other", 1.0, 0.6),
    ("Information Management and Technology", 0.1, 0.2),
    ("Non DES Item Pneumococcal Vaccine, Childhood Immunisation Main Programme", 0.3, 0.95),
    ("Respiratory Syncytial Virus", 0.2, 0.9), ("General Practice Transformation", 0.5, 0.3),
    ("PCN Participation", 1.9, 0.97), ("Prescribing Fee Payments", 0.6, 1.0),
    ("Dispensing Fee Payments", 6.0, 1.0), ("Reimbursement of Drugs", 14.0, 1.0),
    ("winter Access Fund", 0.0, 0.0), ("Other Payments", 6.0, 1.0),
)  # fmt: skip
_COVID = ("Covid Immunisation", "Covid Support and Expansion", "Long Covid")
_TOTALS = (
    "Total NHS Payments to General Practice",
    "Deductions for Pensions, Levies and Prescription Charge Income",
    "Total NHS Payments to General Practice Minus Deductions",
    "Total NHS Payments to General Practice including covid vaccination, covid support and long "
    "covid payments",
    "Total NHS Payments to General Practice including Covid minus deductions",
    "Average payments per registered patient including covid vaccination and covid support and "
    "long covid payments",
    "Average payments per weighted patient including covid vaccination, covid support and long "
    "covid payments",
)
COLUMNS = (*PRACTICE_COLUMNS, *(name for name, _, _ in _AMOUNTS), *_COVID, *_TOTALS)

_CONTRACTS, _CONTRACT_SHARES = ("GMS", "PMS", "APMS"), (0.71, 0.24, 0.05)
_NO_NETWORK = "Unknown or no PCN"


def write_payments(folder: Path, places: Places, periods: Periods, seed: int) -> list[Path]:
    """Write the file of each financial year, in the layout of 2024/25."""
    return [_write_year(folder, places, year, seed) for year in periods.payment_years]


def _write_year(folder: Path, places: Places, year: int, seed: int) -> Path:
    """One row per practice open in the year; practices closed long ago have no patients."""
    draw = stream(seed, 300 + year)
    months = span(f"{year}-04", f"{year + 1}-03")
    day = f"{year + 1}0331"
    above = places.parents_on(day)
    paid = [p for p in places.practices if any(month in p.list_sizes for month in months)]
    paid += places.former
    rows = [COLUMNS, *(_row(p, above[p.sub_icb.code], months, day, draw) for p in paid)]
    path = folder / "gp-payments" / f"nhspaymentsgp_{year % 100}-{(year + 1) % 100}.csv"
    return write_csv(path, rows, line_ending="\n", encoding="utf-8-sig")


def _row(
    practice: Practice, parents: Parents, months: tuple[str, ...], day: str,
    draw: np.random.Generator,
) -> tuple[str, ...]:  # fmt: skip
    """The 65 cells of a practice."""
    # The average of the quarters, counted where there is a list.
    listed = [practice.list_sizes.get(month, 0) for month in months[::3]]
    registered = sum(listed) / len(listed)
    weighted = round(registered * (1 + 0.006 * (practice.deprivation - 20.0)) *
                     float(np.exp(draw.normal(0.0, 0.05))), 2)  # fmt: skip
    contract = str(draw.choice(_CONTRACTS, p=_CONTRACT_SHARES))
    dispensing = bool(draw.random() < 0.15)
    amounts = _amounts(contract, dispensing, registered, weighted, draw)
    total = sum(amounts)
    deductions = round(-total * float(draw.uniform(0.08, 0.14)), 2)
    network = practice.network_on(day)
    named = (network.code, network.name.upper()) if network else (_NO_NETWORK, _NO_NETWORK)
    averages = [pounds(total / size) if size else "N/A" for size in (registered, weighted)]
    kinds = []
    if not registered:
        kinds.append("| No registered patients |")
    elif 0 in listed:
        kinds.append("| Part year of data |")
    elif max(listed) > 1.15 * min(listed):
        kinds.append("| Large fluctuation in patients |")
    closed = practice.closed if practice.closed <= day else ""
    region_name = f"{parents.region.name} Commissioning Region".upper()
    return (
        parents.region.code, region_name, parents.sub_icb.code, parents.sub_icb.name.upper(),
        *named, practice.code, practice.name.upper(), "1 EXAMPLE STREET   EXAMPLE VALE ",
        practice.postcode, slashed(practice.opened), slashed(closed),
        contract if registered else "Unknown",
        ("Yes" if dispensing else "No") if registered else "Unknown", "GP practice",
        "Rural" if dispensing else "Urban", "".join(kinds), pounds(registered), pounds(weighted),
        *averages, *map(pounds, amounts), "0", "0", "0", pounds(total), pounds(deductions),
        pounds(total + deductions), pounds(total), pounds(total + deductions), *averages,
    )  # fmt: skip


def _amounts(
    contract: str, dispensing: bool, registered: float, weighted: float, draw: np.random.Generator
) -> list[float]:
    """Pounds by column of ``_AMOUNTS``, in pence at the finest."""
    spread = np.exp(draw.normal(0.0, 0.35, len(_AMOUNTS)))
    paid = draw.random(len(_AMOUNTS)) < [share for _, _, share in _AMOUNTS]
    made = []
    for (name, per_patient, _), factor, is_paid in zip(_AMOUNTS, spread, paid, strict=True):
        if name in (_GLOBAL_SUM, _PMS_BALANCE):
            due = (name == _GLOBAL_SUM) == (contract == "GMS")
            made.append(round(weighted * per_patient * due, 2))
        elif name in _DISPENSING and not dispensing:
            made.append(0.0)
        else:
            made.append(round(float(registered * per_patient * factor * is_paid), 2))
    return made


def pounds(amount: float) -> str:
    """Print an amount as these files do: at most two decimals, none that are zero."""
    text = f"{amount:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
