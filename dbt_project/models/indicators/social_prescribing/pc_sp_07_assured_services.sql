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

of_boards as (
    select
        upper(counts.feed_code) as programme_code,
        organisations.icb_code,
        counts.month_start,
        counts.month_end,
        counts.assured_services,
        counts.is_incomplete,
        counts.edition_ids
    from counts
    left join {{ ref('int_organisations') }} as organisations
        on upper(counts.feed_code) = organisations.organisation_code
),

-- Both levels are counted here: the people of a board are not added up over its directories.
of_levels as (
    select
        'programme' as area_type,
        programme_code as area_code,
        icb_code,
        month_start,
        month_end,
        assured_services,
        is_incomplete,
        edition_ids
    from of_boards
    union all
    select
        'icb' as area_type,
        icb_code as area_code,
        icb_code,
        month_start,
        month_end,
        cast(sum(assured_services) as bigint) as assured_services,
        max(case when is_incomplete then 1 else 0 end) = 1 as is_incomplete,
        {{ joined_distinct('edition_ids') }} as edition_ids
    from of_boards
    where icb_code is not null
    group by icb_code, month_start, month_end
),

list_sizes as (
    select * from {{ ref('int_area_list_sizes') }}
    where area_type = 'icb'
),

with_lists as (
    select
        of_levels.*,
        list_sizes.registered_patients,
        of_levels.edition_ids || coalesce(',' || list_sizes.edition_ids, '') as all_edition_ids
    from of_levels
    left join list_sizes
        on
            of_levels.icb_code = list_sizes.area_code
            and of_levels.month_end = list_sizes.month_end
)

select
    {{ indicator_columns(
        'PC-SP-07',
        area_code='area_code',
        area_type='area_type',
        hierarchy_basis="case when area_type = 'programme' then 'not_applicable' else 'as_was' end",
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
        edition_ids='all_edition_ids'
    ) }}
from with_lists
