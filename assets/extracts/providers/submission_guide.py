"""What an organisation is told about sending an extract: what a file is, when, and whom to ask."""

from __future__ import annotations

from assets.extracts.contract_model.contract import Contract

_IDENTIFIERS = {
    "person_name": "names of people",
    "nhs_number": "NHS numbers",
    "date_of_birth": "dates of birth",
    "postcode": "postcodes or addresses",
    "telephone": "telephone numbers",
    "email": "e-mail addresses",
}
_RHYTHM = {
    "monthly": "Every month",
    "quarterly": "Every quarter",
    "annual": "Every year",
    "irregular": "Whenever there is something new",
}


def how_to_send(contract: Contract) -> list[tuple[str, str]]:
    """Questions and answers on sending an extract, in the order people ask them."""
    code = contract.extract_code or contract.extract
    answers = [
        ("What is it?", contract.description.strip()),
        ("What is one row?", f"{contract.grain[:1].upper()}{contract.grain[1:]}."),
        ("What is one file?", _one_file(contract)),
        ("How do I fill it in?", _filling_in(code)),
        ("How do I name and save it?", _saving(contract, code)),
        ("When do I send it?", _when(contract)),
        ("What if I find a mistake?", _mistakes(contract)),
        ("What must not be in it?", _not_in_it(contract)),
        ("What happens to it?", _what_happens(contract)),
    ]
    if contract.retention_months is not None:
        answers.append(
            (
                "How long is it kept?",
                f"{contract.retention_months} months, apart from the other data; then it is "
                "deleted. You can have a submission deleted everywhere before that.",
            )
        )
    answers.append(("Whom do I ask?", f"The {contract.owner}."))
    return answers


def _one_file(contract: Contract) -> str:
    days = contract.period_from.columns
    if contract.period_kind == "span" and contract.submitter_from and len(days) == 2:
        first, last = days
        return (
            "One file is one submission: the data of one organisation for one period. Every row "
            f"names the organisation ({contract.submitter_from}) and the first and last day of "
            f"the period ({first}, {last}), the same in all rows."
        )
    return "One file holds everything the sender has on the subject at the time."


def _filling_in(code: str) -> str:
    return (
        f"Fill in the sheet {code}, one row below the other. Leave the headers as they are, and "
        "add no columns. Where you do not know something, leave the cell empty: 0 means none, and "
        "“n/a” is no value. The sheet “Data dictionary” explains every column; cells with a list "
        "offer you the values."
    )


def _saving(contract: Contract, code: str) -> str:
    name = f"{code}_<your organisation's code>_<year>-<month>"
    formats = {name for layout in contract.layouts for name in layout.formats}
    ways = [
        ("csv", f"as CSV in UTF-8 ({name}.csv)"),
        ("workbook", f"as this workbook ({name}.xlsx; the other sheets may stay)"),
        ("parquet", f"as Parquet ({name}.parquet)"),
        ("json", f"as JSON ({name}.json)"),
    ]
    text = f"Save it {', or '.join(way for form, way in ways if form in formats)}."
    if "workbook" in formats:
        text += " One workbook may hold several extracts, a sheet each, named by their codes."
    return text


def _when(contract: Contract) -> str:
    rhythm = _RHYTHM[contract.cadence]
    if contract.expected_lag_days == 0:
        return f"{rhythm}."
    return f"{rhythm}, at most {contract.expected_lag_days} days after the period has ended."


def _mistakes(contract: Contract) -> str:
    same = "for the same period" if contract.period_kind == "span" else "again"
    text = (
        f"Put it right and send the whole file {same}: it replaces the earlier one in full. Do "
        "not send only the rows that you changed."
    )
    if "submission_id" in contract.column_names:
        text += " Give it a new submission_id."
    return text


def _not_in_it(contract: Contract) -> str:
    forbidden = [
        words for kind, words in _IDENTIFIERS.items() if kind not in contract.allowed_identifiers
    ]
    text = (
        f"Nothing that tells who a person is: no {', '.join(forbidden[:-1])} or {forbidden[-1]}. "
        "A row in which one is found is not kept, and a file with several is refused whole."
    )
    if any(column.refuses_row for column in contract.columns.values()):
        text += " Rows about individuals are set aside, and nothing of them is kept."
    return text


def _what_happens(contract: Contract) -> str:
    most = f"{contract.rejection_tolerance * 100:g} % of the rows"
    if contract.tolerated_rows:
        most += f" and to more than {contract.tolerated_rows} rows, or to all of them"
    return (
        "Every row is held against the rules in the data dictionary. Rows that break one are set "
        "aside, and you get a report that names row, column and reason. If that happens to more "
        f"than {most}, nothing of the file is taken in and what you sent before stays in use. Rows "
        "that are only odd, such as a day in the future, are taken in and named in the report."
    )
