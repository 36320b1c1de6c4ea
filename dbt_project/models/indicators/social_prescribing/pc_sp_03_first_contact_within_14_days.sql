with events as (
    select
        practice_code,
        provider_org_id as programme_code,
        month_start as period_start,
        month_end as period_end,
        'sp_referrals' as series_id,
        'all' as category_type,
        'all' as category,
        -- Younger than 14 days, a referral cannot yet show whether contact came in time.
        case when days_observed >= 14 then 1 else 0 end as in_denominator,
        case when days_observed >= 14 and days_to_first_contact <= 14 then 1 else 0 end
            as in_numerator,
        is_whole_month as is_whole_period,
        edition_id,
        cast(null as string) as second_edition_id
    from {{ ref('int_covered_referrals') }}
    where is_received
),

{{ local_indicator(
    'PC-SP-03', "'no referral of the month was 14 days old when the data were taken'"
) }}
