with events as (
    select
        practice_code,
        provider_org_id as programme_code,
        quarter_start as period_start,
        quarter_end as period_end,
        'sp_referrals' as series_id,
        'all' as category_type,
        'all' as category,
        -- An offer still open has no answer yet; a rejected referral was answered by the service.
        case
            when status in ('declined', 'received', 'active', 'waiting', 'closed') then 1
            else 0
        end as in_denominator,
        case when status = 'declined' then 1 else 0 end as in_numerator,
        is_whole_quarter as is_whole_period,
        edition_id,
        cast(null as string) as second_edition_id
    from {{ ref('int_covered_referrals') }}
),

{{ local_indicator('PC-SP-04', "'no offer of the quarter has a recorded answer'") }}
