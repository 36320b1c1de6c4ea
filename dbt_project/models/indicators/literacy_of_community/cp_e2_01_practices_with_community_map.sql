-- Which network a service belongs to cannot be told: directories give postcodes, and no lookup from
-- a postcode to a network is held. A guess would make zeros of what nobody counted, so every open
-- practice of a board with a directory says not_available until there is one.
with directories as (
    select distinct
        services.edition_id,
        organisations.icb_code,
        {{ first_of_quarter('services.edition_period_end') }} as period_start,
        {{ last_of_quarter('services.edition_period_end') }} as period_end
    from {{ source('raw', 'oruk_services') }} as services
    inner join {{ ref('int_organisations') }} as organisations
        on upper(trim(services.edition_submitter)) = organisations.organisation_code
    where organisations.icb_code is not null
),

boards as (
    select
        icb_code,
        period_start,
        period_end,
        {{ joined_distinct('edition_id') }} as edition_ids
    from directories
    group by icb_code, period_start, period_end
),

practices as (
    select
        spells.practice_code,
        boards.period_start,
        boards.period_end,
        boards.edition_ids
    from boards
    inner join {{ ref('int_practice_spells') }} as spells
        on
            boards.icb_code = spells.parent_code
            and spells.parent_type = 'icb'
            and boards.period_end >= spells.from_date
            and (spells.to_date is null or boards.period_end <= spells.to_date)
    inner join {{ ref('int_practice_list_sizes') }} as list_sizes
        on
            spells.practice_code = list_sizes.practice_code
            and cast(boards.period_start + interval '2' month as date) = list_sizes.month_start
)

select
    {{ indicator_columns(
        'CP-E2-01',
        area_code='practice_code',
        area_type="'practice'",
        period_start='period_start',
        period_end='period_end',
        series_id="'oruk_services'",
        numerator='null',
        denominator='null',
        value_state="'not_available'",
        value_reason="'directories give postcodes, and no lookup from postcode to network is held'",
        edition_ids='edition_ids'
    ) }}
from practices
