-- Months that submissions cover from the first day to the last: only there is an absence told.
with editions as (
    select distinct
        extract,
        upper(trim(submitter)) as submitter_org_id,
        edition_id,
        period_start,
        period_end,
        make_date(
            cast(extract(year from period_start) as integer),
            cast(extract(month from period_start) as integer),
            1
        ) as first_month
    from {{ source('ledger', 'editions') }}
    where is_in_use and submitter is not null
),

-- A submission about more than two years is not expected.
offsets as (
    {%- for offset in range(24) %}
    select {{ offset }} as months_on
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

months as (
    select
        editions.extract,
        editions.submitter_org_id,
        editions.edition_id,
        editions.period_start,
        editions.period_end,
        make_date(
            cast(
                floor(
                    (
                        12 * extract(year from editions.first_month)
                        + extract(month from editions.first_month) - 1 + offsets.months_on
                    ) / 12
                ) as integer
            ),
            cast(
                (extract(month from editions.first_month) - 1 + offsets.months_on) % 12 + 1
                as integer
            ),
            1
        ) as month_start
    from editions
    cross join offsets
),

with_ends as (
    select
        *,
        cast(cast(month_start + interval '1' month as date) - interval '1' day as date)
            as month_end
    from months
)

select
    extract,
    submitter_org_id,
    month_start,
    month_end,
    min(edition_id) as edition_id
from with_ends
where period_start <= month_start and period_end >= month_end
group by extract, submitter_org_id, month_start, month_end
