-- Grants of the funders of a board. Where people benefit would be better, but no lookup from
-- districts and small areas to boards is held; a funder that works across boards is in none. Both
-- levels are counted here: the people of a board are not added up over its funders.
with grants as (
    select
        edition_id,
        funding_org_id,
        award_date,
        period_end as register_date,
        -- Public bodies are no community organisations; their registers show in the identifier.
        case
            when
                recipient_org_id like 'GB-NHS-%'
                or recipient_org_id like 'GB-LA_-%'
                or recipient_org_id like 'GB-GOR-%'
                or recipient_org_id like 'GB-EDU-%'
                or recipient_org_id like 'GB-UKPRN-%'
                or recipient_org_id like 'GB-PLA-%'
                then 0
            else amount_awarded
        end as amount
    from {{ ref('stg_grants') }}
    where currency = 'GBP' and award_date is not null
),

registers as (
    select
        grants.funding_org_id,
        organisations.icb_code,
        min(grants.award_date) as first_award_date,
        max(grants.register_date) as register_date,
        {{ joined_distinct('grants.edition_id') }} as edition_ids
    from grants
    left join {{ ref('int_organisations') }} as organisations
        on grants.funding_org_id = organisations.organisation_code
    group by grants.funding_org_id, organisations.icb_code
),

award_quarters as (
    select distinct
        {{ quarter_start('award_date') }} as period_start,
        {{ quarter_end('award_date') }} as period_end
    from grants
),

-- A quarter is known of a funder once its register reaches to its end, and known in full where the
-- register begins before the twelve months do.
quarters as (
    select
        registers.funding_org_id,
        registers.icb_code,
        registers.edition_ids,
        award_quarters.period_start,
        award_quarters.period_end,
        cast(award_quarters.period_start - interval '9' month as date) as window_start,
        case when registers.register_date >= award_quarters.period_end then 1 else 0 end
            as is_known,
        case
            when
                registers.register_date < award_quarters.period_end
                or registers.first_award_date
                > cast(award_quarters.period_start - interval '9' month as date)
                then 1
            else 0
        end as is_short
    from registers
    inner join award_quarters on registers.first_award_date <= award_quarters.period_end
),

funders as (
    select
        quarters.funding_org_id,
        quarters.icb_code,
        quarters.period_start,
        quarters.period_end,
        quarters.is_known,
        quarters.is_short,
        quarters.edition_ids,
        cast(coalesce(sum(grants.amount), 0) as decimal(28, 2)) as amount
    from quarters
    left join grants
        on
            quarters.funding_org_id = grants.funding_org_id
            and quarters.window_start <= grants.award_date
            and quarters.period_end >= grants.award_date
    group by
        quarters.funding_org_id,
        quarters.icb_code,
        quarters.period_start,
        quarters.period_end,
        quarters.is_known,
        quarters.is_short,
        quarters.edition_ids
),

-- A board's sum lacks the funders whose register does not reach so far, and is flagged.
of_levels as (
    select
        'programme' as area_type,
        funding_org_id as area_code,
        icb_code,
        period_start,
        period_end,
        is_short,
        amount,
        edition_ids
    from funders
    where is_known = 1
    union all
    select
        'icb' as area_type,
        icb_code as area_code,
        icb_code,
        period_start,
        period_end,
        max(is_short) as is_short,
        cast(sum(case when is_known = 1 then amount else 0 end) as decimal(28, 2)) as amount,
        {{ joined_distinct('edition_ids') }} as edition_ids
    from funders
    where icb_code is not null
    group by icb_code, period_start, period_end
    having max(is_known) = 1
),

list_sizes as (
    select * from {{ ref('int_area_list_sizes') }}
    where area_type = 'icb'
),

with_lists as (
    select
        of_levels.*,
        list_sizes.registered_patients,
        list_sizes.edition_ids as list_edition_ids
    from of_levels
    left join list_sizes
        on
            of_levels.icb_code = list_sizes.area_code
            and of_levels.period_end = list_sizes.month_end
)

select
    {{ indicator_columns(
        'CP-E3-05',
        area_code='area_code',
        area_type='area_type',
        hierarchy_basis="case when area_type = 'programme' then 'not_applicable' else 'as_was' end",
        period_start='period_start',
        period_end='period_end',
        series_id="'grants_12_months'",
        numerator='amount',
        denominator='registered_patients',
        value_state="case when coalesce(registered_patients, 0) = 0 then 'cannot_calculate' "
            ~ "when amount = 0 then 'zero' else 'reported' end",
        value_reason="case when icb_code is null then 'the board of the funder is not known' "
            ~ "when coalesce(registered_patients, 0) = 0 "
            ~ "then 'no list sizes within twelve months' end",
        dq_flags="case when is_short = 1 then 'incomplete_period' end",
        edition_ids="edition_ids || coalesce(',' || list_edition_ids, '')"
    ) }}
from with_lists
