-- Entries of community directories, day by day: what a feed said on the days it changed.
with source as (
    select * from {{ source('raw', 'oruk_services') }}
)

select
    edition_id,
    trim(edition_submitter) as feed_code,
    edition_period_end as changed_on,
    trim(service_id) as service_id,
    nullif(trim(service_name), '') as service_name,
    nullif(trim(organization_id), '') as organization_id,
    -- A page saved from a directory says nothing of changes: its services were there.
    coalesce(lower(trim(change)), 'added') as change,
    lower(nullif(trim(status), '')) as status,
    {{ submitted_date('assured_date') }} as assured_date,
    {{ submitted_date('last_modified') }} as last_modified_date,
    try_cast(trim(latitude) as double) as latitude,
    try_cast(trim(longitude) as double) as longitude,
    lead(edition_period_end) over (
        partition by trim(edition_submitter), trim(service_id)
        order by edition_period_end asc nulls last, edition_id asc nulls last
    ) as next_changed_on
from source
