select
    file_name,
    sha256,
    bytes,
    extracts,
    verdict,
    reason,
    source_address
from {{ source('ledger', 'landing_files') }}
