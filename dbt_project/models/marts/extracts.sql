select
    extract,
    title,
    description,
    publisher,
    licence,
    attribution,
    owner,
    cadence,
    is_required,
    latest_period,
    latest_period_end,
    expected_by,
    is_late
from {{ source('ledger', 'extracts') }}
