-- Referrals of the months that their submitter covers. A submission may also repeat older referrals
-- that are still open; those of a month that was never submitted are a remnant, not its referrals.
with referrals as (
    select
        *,
        {{ first_of_month('referral_date') }} as month_start
    from {{ ref('stg_sp_referrals') }}
),

submission_months as (
    select * from {{ ref('int_submission_months') }}
    where extract_name = 'sp_referrals'
)

select
    referrals.edition_id,
    referrals.submitter_org_id,
    referrals.referral_id,
    referrals.provider_org_id,
    referrals.practice_code,
    referrals.referral_date,
    referrals.month_start,
    submission_months.month_end,
    {{ first_of_quarter('referrals.referral_date') }} as quarter_start,
    {{ last_of_quarter('referrals.referral_date') }} as quarter_end,
    submission_months.is_whole_month,
    submission_months.is_whole_quarter,
    referrals.status,
    -- An offer that is open or was declined is no referral to the service.
    coalesce(referrals.status not in ('offered', 'declined'), false) as is_received,
    {{ days_between('referrals.referral_date', 'referrals.extracted_on') }} as days_observed,
    {{ days_between('referrals.referral_date', 'referrals.first_contact_date') }}
        as days_to_first_contact
from referrals
inner join submission_months
    on
        referrals.submitter_org_id = submission_months.submitter_org_id
        and referrals.month_start = submission_months.month_start
