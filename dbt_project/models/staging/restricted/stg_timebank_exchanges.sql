with source as (
    select * from {{ source('restricted', 'timebank_exchanges') }}
),

typed as (
    select
        edition_id,
        upper(trim(submitter_org_id)) as submitter_org_id,
        edition_period_start as period_start,
        edition_period_end as period_end,
        source_row_number,
        trim(exchange_id) as exchange_id,
        upper(trim(timebank_org_id)) as timebank_org_id,
        {{ parse_date('substr(trim(exchanged_on), 1, 10)', ['%Y-%m-%d']) }} as exchanged_on,
        try_cast(trim(hours) as decimal(18, 2)) as hours,
        trim(giver_key) as giver_key,
        nullif(trim(receiver_key), '') as receiver_key
    from source
),

newest_first as (
    select
        *,
        row_number() over (
            partition by submitter_org_id, exchange_id
            order by
                period_end desc nulls last,
                edition_id desc nulls last,
                source_row_number desc nulls last
        ) as nth
    from typed
)

select
    edition_id,
    submitter_org_id,
    period_start,
    period_end,
    exchange_id,
    timebank_org_id,
    exchanged_on,
    hours,
    giver_key,
    receiver_key
from newest_first
where nth = 1
