-- Sub-ICB location to board and region today: from the practices themselves, which follow the
-- boards through splits and mergers, then from the official lookup.
with from_practices as (
    select
        sub_icb_code,
        max_by(icb_code, cast(snapshot_date as string) || icb_code) as icb_code,
        max_by(region_code, cast(snapshot_date as string) || region_code) as region_code
    from {{ ref('int_practice_snapshots') }}
    where sub_icb_code is not null and icb_code is not null and source_extract <> 'ods_practices'
    group by sub_icb_code
),

from_lookup as (
    select
        sub_icb_code,
        max_by(icb_code, edition_date) as icb_code,
        max_by(region_code, edition_date) as region_code
    from {{ ref('stg_ons_sub_icb_lookup') }}
    group by sub_icb_code
)

select
    coalesce(from_practices.sub_icb_code, from_lookup.sub_icb_code) as sub_icb_code,
    coalesce(from_practices.icb_code, from_lookup.icb_code) as icb_code,
    coalesce(from_practices.region_code, from_lookup.region_code) as region_code
from from_practices
full outer join from_lookup on from_practices.sub_icb_code = from_lookup.sub_icb_code
