-- Counts only, but down to a practice and a provider, so they stay among the rows about persons.
with referrals as (
    select
        edition_id,
        practice_code,
        provider_org_id,
        make_date(
            cast(extract(year from referral_date) as integer)
            + case when extract(month from referral_date) >= 4 then 1 else 0 end,
            3,
            31
        ) as year_end,
        extract(month from referral_date) as referral_month,
        coalesce(ethnic_group, 'not_stated') as ethnic_group
    from {{ ref('stg_sp_referrals') }}
    -- Received by the service; an offer, taken or not, is no referral yet (as for PC-SP-02).
    where status not in ('offered', 'declined')
),

years as (
    select
        year_end,
        count(distinct referral_month) < 12 as is_incomplete
    from referrals
    group by year_end
)

select
    referrals.practice_code,
    referrals.provider_org_id,
    referrals.year_end,
    years.is_incomplete,
    referrals.ethnic_group,
    count(*) as referrals,
    {{ joined_distinct('referrals.edition_id') }} as edition_ids
from referrals
inner join years on referrals.year_end = years.year_end
group by
    referrals.practice_code, referrals.provider_org_id, referrals.year_end, years.is_incomplete,
    referrals.ethnic_group
