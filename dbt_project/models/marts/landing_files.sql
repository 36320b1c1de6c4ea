select
    file_name,
    sha256,
    bytes,
    extracts,
    verdict,
    reason
from {{ source('ledger', 'landing_files') }}
