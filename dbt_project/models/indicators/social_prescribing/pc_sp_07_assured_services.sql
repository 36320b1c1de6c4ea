-- Services of each directory as they stood at the end of each month.
with changes as (
    select * from {{ ref('stg_oruk_changes') }}
),

-- A day without a change leaves nothing behind: a quiet directory stands until the last day on
-- which any directory is known.
known_until as (
    select max(changed_on) as known_on
    from changes
),

feeds as (
    select
        feed_code,
        12 * extract(year from min(changed_on)) + extract(month from min(changed_on)) - 1
            as first_month
    from changes
    group by feed_code
),

offsets as (
    {%- for offset in range(120) %}
    select {{ offset }} as months_later
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

month_starts as (
    select
        feeds.feed_code,
        make_date(
            cast(floor((feeds.first_month + offsets.months_later) / 12) as integer),
            cast(
                feeds.first_month + offsets.months_later
                - 12 * floor((feeds.first_month + offsets.months_later) / 12) + 1 as integer
            ),
            1
        ) as month_start
    from feeds
    cross join offsets
),

months as (
    select
        month_starts.feed_code,
        month_starts.month_start,
        {{ last_of_month('month_starts.month_start') }} as month_end,
        known_until.known_on
    from month_starts
    cross join known_until
    where month_starts.month_start <= known_until.known_on
),

counts as (
    select
        months.feed_code,
        months.month_start,
        months.month_end,
        months.known_on < months.month_end as is_incomplete,
        count(
            case
                when
                    changes.change <> 'removed'
                    and changes.status = 'active'
                    and {{ days_between('changes.assured_date', 'months.month_end') }}
                    between 0 and 365
                    then 1
            end
        ) as assured_services,
        {{ joined_distinct('changes.edition_id') }} as edition_ids
    from months
    inner join changes
        on
            months.feed_code = changes.feed_code
            and months.month_end >= changes.changed_on
            and months.month_end < coalesce(changes.next_changed_on, make_date(9999, 12, 31))
    group by months.feed_code, months.month_start, months.month_end, months.known_on
),

organisations as (
    select * from {{ ref('int_organisations') }}
),

-- The board of an organisation is known as it is now, so its practices are those of now as well.
spells as (
    select
        practice_code,
        parent_code as icb_code,
        row_number() over (
            partition by practice_code order by from_date desc nulls last
        ) as nth
    from {{ ref('int_practice_spells') }}
    where parent_type = 'icb'
),

populations as (
    select
        spells.icb_code,
        list_sizes.month_start,
        cast(sum(list_sizes.registered_patients) as bigint) as registered_patients,
        {{ joined_distinct('list_sizes.edition_ids') }} as edition_ids
    from spells
    inner join {{ ref('int_practice_list_sizes') }} as list_sizes
        on spells.practice_code = list_sizes.practice_code
    where spells.nth = 1
    group by spells.icb_code, list_sizes.month_start
),

joined as (
    select
        counts.feed_code,
        counts.month_start,
        counts.month_end,
        counts.assured_services,
        counts.is_incomplete,
        organisations.icb_code,
        populations.registered_patients,
        counts.edition_ids || coalesce(',' || populations.edition_ids, '') as edition_ids
    from counts
    left join organisations on upper(counts.feed_code) = upper(organisations.organisation_code)
    left join populations
        on
            organisations.icb_code = populations.icb_code
            and counts.month_start = populations.month_start
)

select
    {{ indicator_columns(
        'PC-SP-07',
        area_code='feed_code',
        area_type="'programme'",
        period_start='month_start',
        period_end='month_end',
        series_id="'oruk_services'",
        numerator='assured_services',
        denominator='registered_patients',
        value_state="case
        when coalesce(registered_patients, 0) = 0 then 'cannot_calculate'
        when assured_services = 0 then 'zero'
        else 'reported'
    end",
        value_reason="case
        when icb_code is null then 'it is not known which board the directory belongs to'
        when registered_patients is null then 'no list size within twelve months of the month'
        when registered_patients = 0 then 'nobody was registered in the board'
    end",
        dq_flags="case when is_incomplete then 'incomplete_period' end",
        edition_ids='edition_ids'
    ) }}
from joined
