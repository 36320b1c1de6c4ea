-- A practice is in scope of a provider that had a referral of it in the twelve months up to this
-- one; where the provider covers the month and none came, that is a true zero.
with referrals as (
    select * from {{ ref('int_covered_referrals') }}
    where practice_code is not null
),

submission_months as (
    select
        *,
        min(month_start) over (partition by submitter_org_id) as first_month_start
    from {{ ref('int_submission_months') }}
    where extract_name = 'sp_referrals'
),

practice_months as (
    select distinct
        submitter_org_id,
        practice_code,
        month_start
    from referrals
),

in_scope as (
    select distinct
        submission_months.submitter_org_id,
        submission_months.month_start,
        submission_months.month_end,
        submission_months.is_whole_month,
        submission_months.edition_ids,
        -- The scope of a provider fills up over its first twelve months.
        cast(submission_months.month_start - interval '11' month as date)
        < submission_months.first_month_start as is_scope_new,
        practice_months.practice_code
    from submission_months
    inner join practice_months
        on
            submission_months.submitter_org_id = practice_months.submitter_org_id
            and submission_months.month_start >= practice_months.month_start
            and cast(submission_months.month_start - interval '12' month as date)
            < practice_months.month_start
),

-- Another provider of the practice whose months stopped may have had referrals of it.
providers as (
    select
        in_scope.practice_code,
        in_scope.month_start,
        in_scope.month_end,
        min(case when in_scope.is_whole_month then 1 else 0 end) as whole_months,
        max(case when in_scope.is_scope_new then 1 else 0 end) as is_scope_new,
        count(distinct in_scope.submitter_org_id) as providers_covering,
        {{ joined_distinct('in_scope.edition_ids') }} as edition_ids
    from in_scope
    group by in_scope.practice_code, in_scope.month_start, in_scope.month_end
),

providers_expected as (
    select
        providers.practice_code,
        providers.month_start,
        count(distinct practice_months.submitter_org_id) as providers_in_scope
    from providers
    inner join practice_months
        on
            providers.practice_code = practice_months.practice_code
            and providers.month_start >= practice_months.month_start
            and cast(providers.month_start - interval '12' month as date)
            < practice_months.month_start
    group by providers.practice_code, providers.month_start
),

counts as (
    select
        practice_code,
        month_start,
        count(*) as referrals_received
    from referrals
    where is_received
    group by practice_code, month_start
),

list_sizes as (
    select * from {{ ref('int_practice_list_sizes') }}
),

-- Referrals of the month that only a later submission holds.
later_editions as (
    select
        referrals.practice_code,
        referrals.month_start,
        {{ joined_distinct('referrals.edition_id') }} as edition_ids
    from referrals
    inner join providers
        on
            referrals.practice_code = providers.practice_code
            and referrals.month_start = providers.month_start
    where
        referrals.is_received
        and not contains(providers.edition_ids, referrals.edition_id)
    group by referrals.practice_code, referrals.month_start
),

joined as (
    select
        providers.practice_code,
        providers.month_start,
        providers.month_end,
        counts.referrals_received,
        list_sizes.registered_patients,
        providers.is_scope_new,
        providers.whole_months = 0
        or providers.providers_covering < providers_expected.providers_in_scope as is_incomplete,
        providers.edition_ids
        || coalesce(',' || later_editions.edition_ids, '')
        || coalesce(',' || list_sizes.edition_ids, '') as edition_ids
    from providers
    inner join providers_expected
        on
            providers.practice_code = providers_expected.practice_code
            and providers.month_start = providers_expected.month_start
    left join counts
        on
            providers.practice_code = counts.practice_code
            and providers.month_start = counts.month_start
    left join later_editions
        on
            providers.practice_code = later_editions.practice_code
            and providers.month_start = later_editions.month_start
    left join list_sizes
        on
            providers.practice_code = list_sizes.practice_code
            and providers.month_start = list_sizes.month_start
),

settled as (
    select
        *,
        -- None from those who sent the month is no zero while others or days are missing.
        coalesce(referrals_received, case when not is_incomplete then 0 end) as known_referrals
    from joined
)

select
    {{ indicator_columns(
        'PC-SP-02',
        area_code='practice_code',
        area_type="'practice'",
        period_start='month_start',
        period_end='month_end',
        series_id="'sp_referrals'",
        numerator='known_referrals',
        denominator='registered_patients',
        value_state="case
        when known_referrals is null then 'not_available'
        when coalesce(registered_patients, 0) = 0 then 'cannot_calculate'
        when known_referrals = 0 then 'zero'
        else 'reported'
    end",
        value_reason="case
        when known_referrals is null
            then 'not every provider of the practice has sent the whole month'
        when registered_patients is null then 'no list size within twelve months of the month'
        when registered_patients = 0 then 'nobody was registered with the practice'
    end",
        dq_flags="nullif(
        trim(
            trailing ',' from
            case when is_incomplete then 'incomplete_period,' else '' end
            || case when is_scope_new = 1 then 'scope_under_twelve_months' else '' end
        ),
        ''
    )",
        edition_ids='edition_ids'
    ) }}
from settled
