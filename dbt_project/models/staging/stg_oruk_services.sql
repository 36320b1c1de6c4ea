-- Services of community directories as they stand now: the latest row of each, without those that
-- were removed (docs/decisions/2026-11-23-directories-as-daily-differences.md).
select
    edition_id,
    feed_code,
    changed_on,
    service_id,
    service_name,
    organization_id,
    status,
    assured_date,
    last_modified_date,
    latitude,
    longitude
from {{ ref('stg_oruk_changes') }}
where next_changed_on is null and change <> 'removed'
