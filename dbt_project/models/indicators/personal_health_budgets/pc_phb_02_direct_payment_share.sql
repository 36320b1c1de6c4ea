-- Boards only, since the second quarter of 2022/23: rows of CCGs stay in staging.
with boards as (
    select
        period_start,
        period_end,
        org_code,
        max(case when measure = 'phb_total' then value end) as budgets,
        max(case when measure = 'dp' then value end) as direct_payments,
        max(case when value_state = 'suppressed_source' then 1 else 0 end) = 1 as is_suppressed,
        max(edition_id) as edition_ids
    from {{ ref('stg_phb_counts') }}
    where org_level = 'icb' and measure in ('phb_total', 'dp')
    group by period_start, period_end, org_code
),

stated as (
    select
        *,
        case
            when is_suppressed then 'suppressed_source'
            when budgets = 0 then 'not_applicable'
            when budgets is null or direct_payments is null then 'not_available'
            when direct_payments > budgets then 'cannot_calculate'
            when direct_payments = 0 then 'zero'
            else 'reported'
        end as value_state
    from boards
)

select
    {{ indicator_columns(
        'PC-PHB-02',
        area_code='org_code',
        area_type="'icb'",
        hierarchy_basis="'as_was'",
        period_start='period_start',
        period_end='period_end',
        series_id="'phb_ytd'",
        numerator='direct_payments',
        denominator='budgets',
        value_state='value_state',
        value_reason="case value_state
        when 'suppressed_source' then 'the publisher suppressed a count'
        when 'not_applicable' then 'nobody had a personal health budget'
        when 'not_available' then 'the publisher has no count of direct payments for the board'
        when 'cannot_calculate' then 'more direct payments are counted than budgets'
    end",
        edition_ids='edition_ids'
    ) }}
from stated
