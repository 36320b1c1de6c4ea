-- Who gave and who received in the twelve months to the end of each quarter.
with quarters as (
    select
        submitter_org_id,
        period_start,
        period_end
    from {{ ref('int_submission_quarters') }}
    where extract = 'timebank_exchanges'
),

parts as (
    select
        edition_id,
        submitter_org_id,
        timebank_org_id,
        exchanged_on,
        giver_key as member_key,
        1 as gave,
        0 as received
    from {{ ref('stg_timebank_exchanges') }}
    union all
    select
        edition_id,
        submitter_org_id,
        timebank_org_id,
        exchanged_on,
        receiver_key as member_key,
        0 as gave,
        1 as received
    from {{ ref('stg_timebank_exchanges') }}
    where receiver_key is not null
)

select
    parts.submitter_org_id,
    parts.timebank_org_id,
    quarters.period_start,
    quarters.period_end,
    parts.member_key,
    max(parts.gave) = 1 as has_given,
    max(parts.received) = 1 as has_received,
    {{ joined_distinct('parts.edition_id') }} as edition_ids
from quarters
inner join parts
    on
        quarters.submitter_org_id = parts.submitter_org_id
        and quarters.period_end >= parts.exchanged_on
        and cast(quarters.period_start - interval '9' month as date) <= parts.exchanged_on
group by
    parts.submitter_org_id,
    parts.timebank_org_id,
    quarters.period_start,
    quarters.period_end,
    parts.member_key
