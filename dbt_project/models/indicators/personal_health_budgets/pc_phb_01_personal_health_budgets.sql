-- Boards only, since the second quarter of 2022/23: rows of CCGs stay in staging.
with budgets as (
    select
        *,
        make_date(
            cast(extract(year from period_end) as integer),
            cast(extract(month from period_end) as integer),
            1
        ) as month_start
    from {{ ref('stg_phb_counts') }}
    where org_level = 'icb' and measure = 'phb_total'
),

quarter_ends as (
    select distinct
        period_end,
        month_start
    from budgets
),

spells as (
    select
        practice_code,
        parent_code as icb_code,
        from_date,
        to_date,
        min(from_date) over (partition by practice_code) as first_seen_on
    from {{ ref('int_practice_spells') }}
    where parent_type = 'icb'
),

-- The board of the quarter's end; before a practice was first seen, the board it was first seen in.
boards as (
    select
        quarter_ends.period_end,
        spells.icb_code,
        cast(sum(list_sizes.registered_patients) as bigint) as registered_patients,
        max(list_sizes.edition_ids) as edition_ids
    from quarter_ends
    inner join spells
        on
            (
                quarter_ends.period_end >= spells.from_date
                or spells.from_date = spells.first_seen_on
            )
            and (quarter_ends.period_end <= spells.to_date or spells.to_date is null)
    inner join {{ ref('int_practice_list_sizes') }} as list_sizes
        on
            spells.practice_code = list_sizes.practice_code
            and quarter_ends.month_start = list_sizes.month_start
    group by quarter_ends.period_end, spells.icb_code
),

populated as (
    select
        budgets.*,
        boards.registered_patients,
        budgets.edition_id || coalesce(',' || boards.edition_ids, '') as edition_ids
    from budgets
    left join boards
        on budgets.period_end = boards.period_end and budgets.org_code = boards.icb_code
)

select
    {{ indicator_columns(
        'PC-PHB-01',
        area_code='org_code',
        area_type="'icb'",
        hierarchy_basis="'as_was'",
        period_start='period_start',
        period_end='period_end',
        series_id="'phb_ytd'",
        numerator='value',
        denominator='registered_patients',
        value_state=rate_state('value_state', 'registered_patients'),
        value_reason="case
        when value_state = 'suppressed_source' then 'the publisher suppressed the count'
        when value_state = 'not_available' then 'the publisher has no count for the board'
        when value_state = 'not_applicable' then 'the publisher says it does not apply here'
        when coalesce(registered_patients, 0) = 0
            then 'no list size within twelve months for practices of the board'
    end",
        edition_ids='edition_ids'
    ) }}
from populated
