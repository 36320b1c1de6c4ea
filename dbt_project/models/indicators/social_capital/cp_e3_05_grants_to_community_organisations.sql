-- Grants of the funders of a board. Where people benefit would be better, but no lookup from
-- districts and small areas to boards is held; a funder that works across boards is in none. Both
-- levels are counted here: the people of a board are not added up over its funders.
--
-- Beside the amount stands the share that went to the most deprived fifth of small areas of
-- England, of the money whose small area is known: districts and wards have no place in the index.
with small_areas as (
    select
        edition_id,
        lsoa_code,
        deprivation_decile,
        row_number() over (
            partition by lsoa_code order by index_year desc nulls last, edition_id desc nulls last
        ) as nth
    from {{ ref('stg_iod_lsoa') }}
    where deprivation_decile is not null
),

awards as (
    select
        edition_id,
        funding_org_id,
        award_date,
        period_end as register_date,
        case when beneficiary_location_code_type = 'LSOA' then beneficiary_location_code end
            as lsoa_code,
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

grants as (
    select
        awards.*,
        case when small_areas.lsoa_code is not null then awards.amount end as located_amount,
        case when small_areas.deprivation_decile <= 2 then awards.amount end as deprived_amount,
        case when awards.amount > 0 then small_areas.edition_id end as index_edition_id
    from awards
    left join small_areas on awards.lsoa_code = small_areas.lsoa_code and small_areas.nth = 1
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
        {{ first_of_quarter('award_date') }} as period_start,
        {{ last_of_quarter('award_date') }} as period_end
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
        {%- for amount in ['amount', 'located_amount', 'deprived_amount'] %}
        cast(coalesce(sum(grants.{{ amount }}), 0) as decimal(28, 2)) as {{ amount }},
        {%- endfor %}
        {{ joined_distinct('grants.index_edition_id') }} as index_edition_ids
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
        located_amount,
        deprived_amount,
        index_edition_ids,
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
        {%- for amount in ['amount', 'located_amount', 'deprived_amount'] %}
        cast(sum(case when is_known = 1 then {{ amount }} else 0 end) as decimal(28, 2))
            as {{ amount }},
        {%- endfor %}
        {{ joined_distinct_members('case when is_known = 1 then index_edition_ids end') }}
            as index_edition_ids,
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
),

measures as (
    select
        area_type,
        area_code,
        period_start,
        period_end,
        'all' as category_type,
        'all' as category,
        amount as numerator,
        registered_patients as denominator,
        case
            when icb_code is null then 'the board of the funder is not known'
            when coalesce(registered_patients, 0) = 0 then 'no list sizes within twelve months'
        end as value_reason,
        case when is_short = 1 then 'incomplete_period' end as dq_flags,
        edition_ids || coalesce(',' || list_edition_ids, '') as edition_ids
    from with_lists
    union all
    select
        area_type,
        area_code,
        period_start,
        period_end,
        'share' as category_type,
        'most_deprived_fifth' as category,
        deprived_amount as numerator,
        located_amount as denominator,
        case
            when located_amount = 0
                then 'no grant names a small area of the index as where people benefit'
        end as value_reason,
        nullif(
            trim(
                trailing ',' from
                case when is_short = 1 then 'incomplete_period,' else '' end
                || case
                    when located_amount > 0 and located_amount < amount then 'places_partly_known'
                    else ''
                end
            ),
            ''
        ) as dq_flags,
        edition_ids || coalesce(',' || index_edition_ids, '') as edition_ids
    from with_lists
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
        category_type='category_type',
        category='category',
        numerator='numerator',
        denominator='denominator',
        value_state="case when value_reason is not null then 'cannot_calculate' "
            ~ "when numerator = 0 then 'zero' else 'reported' end",
        value_reason='value_reason',
        dq_flags='dq_flags',
        edition_ids='edition_ids'
    ) }}
from measures
