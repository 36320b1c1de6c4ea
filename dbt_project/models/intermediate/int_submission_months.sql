-- Which months the submissions in use of each local organisation cover: the evidence that makes a
-- month without an event a zero.
with editions as (
    select
        extract as extract_name,
        upper(trim(submitter)) as submitter_org_id,
        edition_id,
        period_start,
        period_end,
        coalesce(coverage, 'whole') = 'whole' as is_whole_submission
    from {{ source('ledger', 'editions') }}
    where is_in_use and submitter is not null
),

-- A submission is about a month, a quarter or a year; five years are room enough.
offsets as (
    {%- for offset in range(60) %}
    select {{ offset }} as months_later
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

numbered as (
    select
        editions.*,
        12 * extract(year from editions.period_start)
        + extract(month from editions.period_start) - 1 + offsets.months_later as month_number
    from editions
    cross join offsets
),

months as (
    select
        extract_name,
        submitter_org_id,
        edition_id,
        period_start,
        period_end,
        is_whole_submission,
        make_date(
            cast(floor(month_number / 12) as integer),
            cast(month_number - 12 * floor(month_number / 12) + 1 as integer),
            1
        ) as month_start
    from numbered
),

covered as (
    select
        extract_name,
        submitter_org_id,
        month_start,
        {{ last_of_month('month_start') }} as month_end,
        {{ first_of_quarter('month_start') }} as quarter_start,
        max(
            case
                when
                    is_whole_submission
                    and period_start <= month_start
                    and period_end >= {{ last_of_month('month_start') }}
                    then 1
                else 0
            end
        ) as whole_months,
        {{ joined_distinct('edition_id') }} as edition_ids
    from months
    where month_start <= period_end
    group by extract_name, submitter_org_id, month_start
)

select
    extract_name,
    submitter_org_id,
    month_start,
    month_end,
    whole_months = 1 as is_whole_month,
    sum(whole_months) over (
        partition by extract_name, submitter_org_id, quarter_start
    ) = 3 as is_whole_quarter,
    edition_ids
from covered
