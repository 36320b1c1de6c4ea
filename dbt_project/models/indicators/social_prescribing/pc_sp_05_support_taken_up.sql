-- Referrals closed in the quarter; where support was offered, whether any of it was taken up.
with referrals as (
    select
        *,
        {{ first_of_month('closed_date') }} as month_start
    from {{ ref('stg_sp_referrals') }}
    where status = 'closed' and closed_date is not null
),

support as (
    select
        submitter_org_id,
        referral_id,
        max(case when taken_up = 'yes' then 1 else 0 end) as is_taken_up,
        -- One of them stands for the offers of a referral; they nearly always come together.
        max(edition_id) as edition_id
    from {{ ref('stg_sp_support') }}
    group by submitter_org_id, referral_id
),

submission_months as (
    select * from {{ ref('int_submission_months') }}
    where extract_name = 'sp_referrals'
),

events as (
    select
        referrals.practice_code,
        referrals.provider_org_id as programme_code,
        {{ first_of_quarter('referrals.closed_date') }} as period_start,
        {{ last_of_quarter('referrals.closed_date') }} as period_end,
        'sp_referrals' as series_id,
        'all' as category_type,
        'all' as category,
        case when support.referral_id is null then 0 else 1 end as in_denominator,
        coalesce(support.is_taken_up, 0) as in_numerator,
        coalesce(submission_months.is_whole_quarter, false) as is_whole_period,
        referrals.edition_id,
        support.edition_id as second_edition_id
    from referrals
    left join support
        on
            referrals.submitter_org_id = support.submitter_org_id
            and referrals.referral_id = support.referral_id
    left join submission_months
        on
            referrals.submitter_org_id = submission_months.submitter_org_id
            and referrals.month_start = submission_months.month_start
),

{{ local_indicator('PC-SP-05', "'no referral closed in the quarter has an offer of support'") }}
