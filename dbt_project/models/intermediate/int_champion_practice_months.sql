-- What is known of practice champions in each practice and month, of every practice of the boards
-- in which a programme works: a practice that no programme names has none.
with submission_months as (
    select * from {{ ref('int_submission_months') }}
    where extract_name in ('champions', 'champion_sessions') and is_whole_month
),

programme_months as (
    select
        submitter_org_id,
        month_start,
        month_end,
        max(case when extract_name = 'champion_sessions' then 1 else 0 end) as has_sessions
    from submission_months
    group by submitter_org_id, month_start, month_end
),

-- Three months hold the 92 days.
window_months as (
    select
        months.submitter_org_id,
        months.month_end,
        count(covered.month_start) as months_covered
    from programme_months as months
    left join submission_months as covered
        on
            months.submitter_org_id = covered.submitter_org_id
            and covered.extract_name = 'champion_sessions'
            and months.month_start >= covered.month_start
            and cast(months.month_start - interval '3' month as date) < covered.month_start
    group by months.submitter_org_id, months.month_end
),

named_practices as (
    select distinct
        submitter_org_id,
        practice_code,
        period_end
    from {{ ref('stg_champions') }}
    union distinct
    select distinct
        submitter_org_id,
        practice_code,
        period_end
    from {{ ref('stg_champion_sessions') }}
),

programme_practices as (
    select distinct
        months.submitter_org_id,
        months.month_start,
        months.month_end,
        months.has_sessions,
        named_practices.practice_code
    from programme_months as months
    inner join named_practices
        on
            months.submitter_org_id = named_practices.submitter_org_id
            and months.month_end >= named_practices.period_end
            and cast(months.month_start - interval '11' month as date)
            < named_practices.period_end
),

rosters as (
    select
        months.submitter_org_id,
        months.month_end,
        max(champions.period_end) as roster_date
    from programme_months as months
    inner join {{ ref('stg_champions') }} as champions
        on
            months.submitter_org_id = champions.submitter_org_id
            and months.month_end >= champions.period_end
            and cast(months.month_end - interval '92' day as date) < champions.period_end
    group by months.submitter_org_id, months.month_end
),

roster_counts as (
    select
        rosters.submitter_org_id,
        rosters.month_end,
        champions.practice_code,
        count(
            distinct case
                when
                    champions.status = 'active'
                    and champions.started_on <= rosters.month_end
                    and (
                        champions.ended_on is null or champions.ended_on > rosters.month_end
                    )
                    then champions.champion_id
            end
        ) as champions_on_roster
    from rosters
    inner join {{ ref('stg_champions') }} as champions
        on
            rosters.submitter_org_id = champions.submitter_org_id
            and rosters.roster_date = champions.period_end
    group by rosters.submitter_org_id, rosters.month_end, champions.practice_code
),

roster_editions as (
    select
        rosters.submitter_org_id,
        rosters.month_end,
        {{ joined_distinct('champions.edition_id') }} as edition_ids
    from rosters
    inner join {{ ref('stg_champions') }} as champions
        on
            rosters.submitter_org_id = champions.submitter_org_id
            and rosters.roster_date = champions.period_end
    group by rosters.submitter_org_id, rosters.month_end
),

session_counts as (
    select
        months.submitter_org_id,
        months.month_end,
        sessions.practice_code,
        count(*) as sessions_in_92_days,
        count(case when sessions.session_date >= months.month_start then 1 end) as sessions,
        count(
            case
                when
                    sessions.session_date >= months.month_start
                    and sessions.led_by in ('champions', 'joint')
                    then 1
            end
        ) as sessions_led_with_champions,
        cast(
            sum(
                case
                    when sessions.session_date >= months.month_start
                        then sessions.champion_hours
                end
            ) as decimal(28, 2)
        ) as champion_hours,
        cast(
            sum(
                case when sessions.session_date >= months.month_start then sessions.attendances end
            ) as bigint
        ) as attendances,
        count(
            case
                when
                    sessions.session_date >= months.month_start
                    and sessions.champion_hours is null
                    then 1
            end
        ) as sessions_without_hours,
        count(
            case
                when
                    sessions.session_date >= months.month_start
                    and sessions.attendances is null
                    then 1
            end
        ) as sessions_without_attendances
    from programme_months as months
    inner join {{ ref('stg_champion_sessions') }} as sessions
        on
            months.submitter_org_id = sessions.submitter_org_id
            and months.month_end >= sessions.session_date
            and cast(months.month_end - interval '92' day as date) < sessions.session_date
    group by months.submitter_org_id, months.month_end, sessions.practice_code
),

session_editions as (
    select
        months.submitter_org_id,
        months.month_end,
        {{ joined_distinct('covered.edition_ids') }} as edition_ids
    from programme_months as months
    inner join submission_months as covered
        on
            months.submitter_org_id = covered.submitter_org_id
            and covered.extract_name = 'champion_sessions'
            and months.month_start >= covered.month_start
            and cast(months.month_start - interval '3' month as date) < covered.month_start
    group by months.submitter_org_id, months.month_end
),

of_each_programme as (
    select
        practices.submitter_org_id,
        practices.month_start,
        practices.month_end,
        practices.practice_code,
        practices.has_sessions,
        window_months.months_covered,
        case when rosters.roster_date is not null then 1 else 0 end as has_roster,
        coalesce(roster_counts.champions_on_roster, 0) as champions_on_roster,
        coalesce(session_counts.sessions_in_92_days, 0) as sessions_in_92_days,
        coalesce(session_counts.sessions, 0) as sessions,
        coalesce(session_counts.sessions_led_with_champions, 0) as sessions_led_with_champions,
        coalesce(session_counts.champion_hours, 0) as champion_hours,
        coalesce(session_counts.attendances, 0) as attendances,
        coalesce(session_counts.sessions_without_hours, 0) as sessions_without_hours,
        coalesce(session_counts.sessions_without_attendances, 0) as sessions_without_attendances,
        roster_editions.edition_ids as roster_edition_ids,
        session_editions.edition_ids as session_edition_ids
    from programme_practices as practices
    left join window_months
        on
            practices.submitter_org_id = window_months.submitter_org_id
            and practices.month_end = window_months.month_end
    left join rosters
        on
            practices.submitter_org_id = rosters.submitter_org_id
            and practices.month_end = rosters.month_end
    left join roster_counts
        on
            practices.submitter_org_id = roster_counts.submitter_org_id
            and practices.month_end = roster_counts.month_end
            and practices.practice_code = roster_counts.practice_code
    left join session_counts
        on
            practices.submitter_org_id = session_counts.submitter_org_id
            and practices.month_end = session_counts.month_end
            and practices.practice_code = session_counts.practice_code
    left join roster_editions
        on
            practices.submitter_org_id = roster_editions.submitter_org_id
            and practices.month_end = roster_editions.month_end
    left join session_editions
        on
            practices.submitter_org_id = session_editions.submitter_org_id
            and practices.month_end = session_editions.month_end
),

-- A champion is active where their practice had a session in the 92 days.
in_programme as (
    select
        practice_code,
        month_start,
        month_end,
        min(has_sessions) as has_sessions,
        min(months_covered) as months_covered,
        min(has_roster) as has_roster,
        cast(
            sum(case when sessions_in_92_days > 0 then champions_on_roster else 0 end) as bigint
        ) as active_champions,
        cast(sum(sessions_in_92_days) as bigint) as sessions_in_92_days,
        cast(sum(sessions) as bigint) as sessions,
        cast(sum(sessions_led_with_champions) as bigint) as sessions_led_with_champions,
        cast(sum(champion_hours) as decimal(28, 2)) as champion_hours,
        cast(sum(attendances) as bigint) as attendances,
        cast(sum(sessions_without_hours) as bigint) as sessions_without_hours,
        cast(sum(sessions_without_attendances) as bigint) as sessions_without_attendances,
        {{ joined_distinct('roster_edition_ids') }} as roster_edition_ids,
        {{ joined_distinct('session_edition_ids') }} as session_edition_ids
    from of_each_programme
    group by practice_code, month_start, month_end
),

board_spells as (
    select
        practice_code,
        parent_code as icb_code,
        from_date,
        to_date
    from {{ ref('int_practice_spells') }}
    where parent_type = 'icb'
),

programme_boards as (
    select
        board_spells.icb_code,
        in_programme.month_start,
        in_programme.month_end,
        {{ joined_distinct("coalesce(in_programme.session_edition_ids, "
            ~ "in_programme.roster_edition_ids)") }} as edition_ids
    from in_programme
    inner join board_spells
        on
            in_programme.practice_code = board_spells.practice_code
            and in_programme.month_end >= board_spells.from_date
            and (board_spells.to_date is null or in_programme.month_end <= board_spells.to_date)
    group by board_spells.icb_code, in_programme.month_start, in_programme.month_end
),

list_sizes as (
    select * from {{ ref('int_practice_list_sizes') }}
),

of_boards as (
    select
        board_spells.practice_code,
        programme_boards.icb_code,
        programme_boards.month_start,
        programme_boards.month_end,
        programme_boards.edition_ids
    from programme_boards
    inner join board_spells
        on
            programme_boards.icb_code = board_spells.icb_code
            and programme_boards.month_end >= board_spells.from_date
            and (
                board_spells.to_date is null
                or programme_boards.month_end <= board_spells.to_date
            )
    inner join list_sizes
        on
            board_spells.practice_code = list_sizes.practice_code
            and programme_boards.month_start = list_sizes.month_start
)

select
    coalesce(in_programme.practice_code, of_boards.practice_code) as practice_code,
    coalesce(in_programme.month_start, of_boards.month_start) as month_start,
    coalesce(in_programme.month_end, of_boards.month_end) as month_end,
    of_boards.icb_code,
    list_sizes.registered_patients,
    in_programme.practice_code is not null as is_in_programme,
    coalesce(in_programme.has_sessions = 1, false) as has_sessions_of_month,
    coalesce(in_programme.has_roster = 1, false) as has_roster,
    in_programme.months_covered as months_covered_of_three,
    case
        when in_programme.has_roster = 1 and in_programme.months_covered > 0
            then in_programme.active_champions
    end as active_champions,
    case when in_programme.months_covered > 0 then in_programme.sessions_in_92_days end
        as sessions_in_92_days,
    {%- for name in [
        'sessions', 'sessions_led_with_champions', 'champion_hours', 'attendances',
        'sessions_without_hours', 'sessions_without_attendances',
    ] %}
    case when in_programme.has_sessions = 1 then in_programme.{{ name }} end as {{ name }},
    {%- endfor %}
    case
        when in_programme.practice_code is null then false
        when in_programme.has_roster = 1 and in_programme.months_covered > 0
            then in_programme.active_champions >= 3 and in_programme.sessions_in_92_days >= 2
    end as is_active_programme,
    case
        when in_programme.practice_code is null then of_boards.edition_ids
        else
            coalesce(
                in_programme.roster_edition_ids || ',' || in_programme.session_edition_ids,
                in_programme.roster_edition_ids,
                in_programme.session_edition_ids
            )
    end as edition_ids,
    list_sizes.edition_ids as list_size_edition_ids
from in_programme
full outer join of_boards
    on
        in_programme.practice_code = of_boards.practice_code
        and in_programme.month_end = of_boards.month_end
left join list_sizes
    on
        coalesce(in_programme.practice_code, of_boards.practice_code) = list_sizes.practice_code
        and coalesce(in_programme.month_start, of_boards.month_start) = list_sizes.month_start
