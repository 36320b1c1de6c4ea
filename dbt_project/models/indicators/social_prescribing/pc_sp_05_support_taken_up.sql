-- Referrals closed in the quarter; where support was offered, whether any of it was taken up.
with referrals as (
    select
        *,
        {{ first_of_quarter('closed_date') }} as quarter_start
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

-- Referrals and the support offered come in files of their own: without those of the support,
-- nothing offered and nothing sent look the same.
whole_quarters as (
    select
        submitter_org_id,
        {{ first_of_quarter('month_start') }} as quarter_start
    from {{ ref('int_submission_months') }}
    where extract_name in ('sp_referrals', 'sp_support') and is_whole_quarter
    group by submitter_org_id, {{ first_of_quarter('month_start') }}
    having count(distinct extract_name) = 2
),

events as (
    select
        referrals.practice_code,
        referrals.provider_org_id as programme_code,
        referrals.quarter_start as period_start,
        {{ last_of_quarter('referrals.closed_date') }} as period_end,
        'sp_referrals' as series_id,
        'all' as category_type,
        'all' as category,
        case when support.referral_id is null then 0 else 1 end as in_denominator,
        coalesce(support.is_taken_up, 0) as in_numerator,
        whole_quarters.quarter_start is not null as is_whole_period,
        referrals.edition_id,
        support.edition_id as second_edition_id
    from referrals
    left join support
        on
            referrals.submitter_org_id = support.submitter_org_id
            and referrals.referral_id = support.referral_id
    left join whole_quarters
        on
            referrals.submitter_org_id = whole_quarters.submitter_org_id
            and referrals.quarter_start = whole_quarters.quarter_start
),

{{ local_indicator('PC-SP-05', "'no referral closed in the quarter has an offer of support'") }}
