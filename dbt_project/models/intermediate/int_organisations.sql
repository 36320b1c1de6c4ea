-- Organisations that local extracts name, and where they belong. Only codes are read of extracts
-- about persons.
{%- set about = ['engagement_records', 'decision_groups', 'community_literacy', 'staff_training',
    'staff_survey'] %}
{%- set sent_open = about + ['decision_meetings', 'champion_sessions', 'practice_counts'] %}
{%- set sent_restricted = ['champions', 'decision_seats', 'prom_items', 'sp_contacts', 'sp_needs',
    'sp_referrals', 'sp_support', 'timebank_exchanges'] %}

with about_organisations as (
    {%- for extract in about %}
    select
        upper(trim(org_code)) as organisation_code,
        upper(trim(submitter_org_id)) as submitter_org_id
    from {{ source('raw', extract) }}
    {{ 'union distinct' if not loop.last }}
    {%- endfor %}
),

-- Providers, time banks, funders and directories are programmes: what they do is told of them.
about_programmes as (
    select
        upper(trim(provider_org_id)) as organisation_code,
        upper(trim(submitter_org_id)) as submitter_org_id
    from {{ source('restricted', 'sp_referrals') }}
    union distinct
    select
        upper(trim(timebank_org_id)) as organisation_code,
        upper(trim(submitter_org_id)) as submitter_org_id
    from {{ source('restricted', 'timebank_exchanges') }}
    union distinct
    select
        upper(trim(funding_org_id)) as organisation_code,
        cast(null as string) as submitter_org_id
    from {{ source('raw', 'grants') }}
    union distinct
    select
        upper(trim(edition_submitter)) as organisation_code,
        cast(null as string) as submitter_org_id
    from {{ source('raw', 'oruk_services') }}
),

submitters as (
    {%- for extract in sent_open %}
    select upper(trim(submitter_org_id)) as organisation_code
    from {{ source('raw', extract) }}
    union distinct
    {%- endfor %}
    {%- for extract in sent_restricted %}
    select upper(trim(submitter_org_id)) as organisation_code
    from {{ source('restricted', extract) }}
    {{ 'union distinct' if not loop.last }}
    {%- endfor %}
),

named as (
    select
        organisation_code,
        submitter_org_id,
        true as is_organisation,
        false as is_programme
    from about_organisations
    union all
    select
        organisation_code,
        submitter_org_id,
        false as is_organisation,
        true as is_programme
    from about_programmes
    union all
    select
        organisation_code,
        organisation_code as submitter_org_id,
        false as is_organisation,
        false as is_programme
    from submitters
),

organisations as (
    select
        organisation_code,
        max(case when is_organisation then 1 else 0 end) as is_organisation,
        max(case when is_programme then 1 else 0 end) as is_programme
    from named
    where organisation_code is not null
    group by organisation_code
),

-- The newest list of each submitter; in it the newest row of the organisation.
newest_lists as (
    select
        listed.*,
        max(listed.period_end) over (partition by listed.submitter_org_id) as newest_period_end
    from {{ ref('stg_local_organisations') }} as listed
),

listed_in_order as (
    select
        organisation_code,
        organisation_name,
        organisation_type,
        icb_code,
        row_number() over (
            partition by organisation_code
            order by
                valid_from desc nulls last,
                period_end desc nulls last,
                submitter_org_id asc nulls last
        ) as nth
    from newest_lists
    where period_end = newest_period_end
),

listed as (
    select
        organisation_code,
        organisation_name,
        organisation_type,
        icb_code
    from listed_in_order
    where nth = 1
),

boards as (
    select icb_code from {{ ref('int_location_parents') }}
    where icb_code is not null
    union distinct
    select icb_code from {{ ref('int_practice_snapshots') }}
    where icb_code is not null
),

-- A network or place belongs where most of its practices do; an even split is not known.
practices_of_areas as (
    select
        practice_code as area_code,
        practice_code,
        icb_code
    from {{ ref('int_current_practices') }}
    union all
    select
        pcn_code as area_code,
        practice_code,
        icb_code
    from {{ ref('int_current_practices') }}
    where pcn_code is not null
    union all
    select
        upper(trim(groupings.grouping_code)) as area_code,
        groupings.practice_code,
        practices.icb_code
    from {{ ref('local_groupings') }} as groupings
    inner join {{ ref('int_current_practices') }} as practices
        on groupings.practice_code = practices.practice_code
    where groupings.grouping_type = 'place' and groupings.valid_to is null
),

practices_named as (
    select
        upper(trim(provider_org_id)) as organisation_code,
        upper(trim(practice_code)) as practice_code
    from {{ source('restricted', 'sp_referrals') }}
    union distinct
    select
        upper(trim(timebank_org_id)) as organisation_code,
        upper(trim(practice_code)) as practice_code
    from {{ source('restricted', 'timebank_exchanges') }}
    {%- for schema, extract in [
        ('restricted', 'champions'), ('restricted', 'prom_items'), ('raw', 'champion_sessions'),
        ('raw', 'practice_counts'),
    ] %}
    union distinct
    select
        upper(trim(submitter_org_id)) as organisation_code,
        upper(trim(practice_code)) as practice_code
    from {{ source(schema, extract) }}
    {%- endfor %}
),

boards_by_practices as (
    select
        'geography' as icb_basis,
        area_code as organisation_code,
        icb_code,
        count(distinct practice_code) as practices
    from practices_of_areas
    where icb_code is not null
    group by area_code, icb_code
    union all
    select
        'practices named' as icb_basis,
        practices_named.organisation_code,
        practices.icb_code,
        count(distinct practices_named.practice_code) as practices
    from practices_named
    inner join {{ ref('int_current_practices') }} as practices
        on practices_named.practice_code = practices.practice_code
    where practices.icb_code is not null
    group by practices_named.organisation_code, practices.icb_code
),

ranked_boards as (
    select
        *,
        rank() over (
            partition by icb_basis, organisation_code order by practices desc nulls last
        ) as place
    from boards_by_practices
),

majorities as (
    select
        icb_basis,
        organisation_code,
        max(icb_code) as icb_code
    from ranked_boards
    where place = 1
    group by icb_basis, organisation_code
    having count(*) = 1
),

geography as (
    select
        organisation_code,
        icb_code
    from majorities
    where icb_basis = 'geography'
    union all
    select
        sub_icb_code as organisation_code,
        icb_code
    from {{ ref('int_location_parents') }}
    where icb_code is not null
),

places_of_submitters as (
    select
        named.organisation_code,
        coalesce(boards.icb_code, locations.icb_code) as icb_code
    from named
    left join boards
        on replace(named.submitter_org_id, 'GB-NHS-', '') = boards.icb_code
    left join {{ ref('int_location_parents') }} as locations
        on replace(named.submitter_org_id, 'GB-NHS-', '') = locations.sub_icb_code
),

-- Two submitters in two boards leave it open.
from_submitters as (
    select
        organisation_code,
        max(icb_code) as icb_code
    from places_of_submitters
    where icb_code is not null
    group by organisation_code
    having count(distinct icb_code) = 1
),

names_of_areas as (
    select
        practice_code as organisation_code,
        practice_name as organisation_name,
        edition_date
    from {{ ref('stg_ods_practices') }}
    union all
    select
        pcn_code as organisation_code,
        pcn_name as organisation_name,
        edition_date
    from {{ ref('stg_ods_pcns') }}
    {%- for level in ['practice', 'pcn', 'sub_icb', 'icb'] %}
    union all
    select
        {{ level }}_code as organisation_code,
        {{ level }}_name as organisation_name,
        edition_date
    from {{ ref('stg_gpad_mapping') }}
    {%- endfor %}
    {%- for level in ['sub_icb', 'icb'] %}
    union all
    select
        {{ level }}_code as organisation_code,
        {{ level }}_name as organisation_name,
        edition_date
    from {{ ref('stg_ons_sub_icb_lookup') }}
    {%- endfor %}
),

area_names as (
    select
        organisation_code,
        max_by(organisation_name, cast(edition_date as string) || organisation_name)
            as organisation_name
    from names_of_areas
    where organisation_code is not null and organisation_name is not null
    group by organisation_code
),

funder_names as (
    select
        funding_org_id as organisation_code,
        max_by(funding_org_name, cast(award_date as string) || funding_org_name)
            as organisation_name
    from {{ ref('stg_grants') }}
    where funding_org_name is not null
    group by funding_org_id
),

placed as (
    select
        organisations.organisation_code,
        case when organisations.is_programme = 1 then 'programme' else 'organisation' end
            as area_type,
        organisations.is_organisation = 1 and organisations.is_programme = 1 as is_both,
        coalesce(
            listed.organisation_name, area_names.organisation_name,
            funder_names.organisation_name, organisations.organisation_code
        ) as organisation_name,
        listed.organisation_type,
        case
            when listed.organisation_code is not null then 'listed'
            when boards.icb_code is not null then 'board itself'
            when geography.icb_code is not null then 'geography'
            when from_submitters.icb_code is not null then 'submitter'
            when majorities.icb_code is not null then 'practices named'
        end as icb_basis,
        case
            when listed.organisation_code is not null then listed.icb_code
            else
                coalesce(
                    boards.icb_code, geography.icb_code, from_submitters.icb_code,
                    majorities.icb_code
                )
        end as icb_code
    from organisations
    left join listed on organisations.organisation_code = listed.organisation_code
    left join boards
        on replace(organisations.organisation_code, 'GB-NHS-', '') = boards.icb_code
    left join geography
        on
            replace(organisations.organisation_code, 'GB-NHS-', '')
            = geography.organisation_code
    left join from_submitters
        on organisations.organisation_code = from_submitters.organisation_code
    left join majorities
        on
            organisations.organisation_code = majorities.organisation_code
            and majorities.icb_basis = 'practices named'
    left join area_names on organisations.organisation_code = area_names.organisation_code
    left join funder_names on organisations.organisation_code = funder_names.organisation_code
)

select
    organisation_code,
    area_type,
    is_both,
    organisation_name,
    organisation_type,
    icb_code,
    icb_basis
from placed
