-- Every input as it may be shown: counts of people rounded or withheld, all others as they are.
-- Values and limits are made from these, so that no rate gives a rounded count away (DOMAIN 0.2
-- ruling 2).
{%- set keys = [
    'indicator_id', 'area_code', 'area_type', 'hierarchy_basis', 'period_start', 'period_end',
    'series_id', 'category_type', 'category',
] %}
with counted as (
    select
        *,
        false as is_derived
    from {{ ref('int_placed_inputs') }}
    union all
    -- Made of what is released already.
    select
        *,
        cast(null as double) as coverage,
        true as is_derived
    from {{ ref('int_derived_inputs') }}
),

inputs as (
    select
        counted.*,
        catalogue.method,
        catalogue.disclosure_class = 'std' and not counted.is_derived as counts_people,
        counted.series_id like '%_monthly_flow' as is_flow,
        {{ row_id('counted') }} as row_id
    from counted
    inner join {{ ref('int_indicator_catalogue') }} as catalogue
        on counted.indicator_id = catalogue.indicator_id
),

released as (
    select * from {{ ref('int_released_counts') }}
),

-- What monthly flows are made from, in few columns: joined with all columns of all inputs, all of
-- these would be held in memory. Nothing that is made of released figures is among them.
months as (
    select
        {%- for key in keys %}
        placed.{{ key }},
        {%- endfor %}
        placed.numerator,
        {{ row_id('placed') }} as row_id
    from {{ ref('int_placed_inputs') }} as placed
    inner join {{ ref('int_indicator_catalogue') }} as catalogue
        on placed.indicator_id = catalogue.indicator_id
    where
        catalogue.disclosure_class = 'std'
        and (placed.series_id like '%_ytd' or placed.series_id like '%_monthly_flow')
),

-- Counts since 1 April of the month of a flow and of the month before.
cumulative as (
    select
        months.indicator_id,
        months.area_code,
        months.area_type,
        months.hierarchy_basis,
        replace(months.series_id, '_ytd', '_monthly_flow') as series_id,
        months.category_type,
        months.category,
        months.period_end,
        months.numerator as true_numerator,
        released.numerator as released_numerator,
        coalesce(released.is_withheld, true) as is_withheld
    from months
    inner join released on months.row_id = released.row_id
    where months.series_id like '%_ytd'
),

flows as (
    select
        months.row_id,
        case
            when extract(month from months.period_end) = 4 then this_month.released_numerator
            else this_month.released_numerator - last_month.released_numerator
        end as numerator,
        coalesce(this_month.is_withheld, false)
        or (
            extract(month from months.period_end) <> 4 and coalesce(last_month.is_withheld, false)
        ) as is_withheld,
        -- A practice that joined or left an area took its count since April with it.
        coalesce(
            months.numerator <> case
                when extract(month from months.period_end) = 4 then this_month.true_numerator
                else this_month.true_numerator - last_month.true_numerator
            end,
            true
        ) as is_no_difference
    from months
    left join cumulative as this_month
        on
            {%- for key in keys if key not in ('period_start', 'period_end') %}
            months.{{ key }} = this_month.{{ key }} and
            {%- endfor %}
            months.period_end = this_month.period_end
    left join cumulative as last_month
        on
            {%- for key in keys if key not in ('period_start', 'period_end') %}
            months.{{ key }} = last_month.{{ key }} and
            {%- endfor %}
            cast(months.period_start - interval '1' day as date) = last_month.period_end
    where months.series_id like '%_monthly_flow' and months.numerator is not null
),

judged as (
    select
        inputs.*,
        case when inputs.is_flow then flows.numerator else released.numerator end
            as released_numerator,
        released.denominator as released_denominator,
        inputs.counts_people and (inputs.numerator is not null or inputs.denominator is not null)
            as is_judged,
        case
            when inputs.is_flow then coalesce(flows.is_withheld, true)
            else coalesce(released.is_withheld, true)
        end as is_withheld,
        coalesce(flows.is_no_difference, false) as is_no_difference
    from inputs
    left join released on inputs.row_id = released.row_id
    left join flows on inputs.row_id = flows.row_id
),

stated as (
    select
        *,
        -- That people left the list is told only of what is shown.
        replace(',' || coalesce(dq_flags, '') || ',', ',negative_flow,', ',') as other_flags,
        case
            when not is_judged then 'as_it_is'
            when is_withheld then 'withheld'
            when is_no_difference then 'no_difference'
            when method in ('mean_t', 'paired_change') and category_type <> 'follow_up' then 'mean'
            else 'counts'
        end as treatment
    from judged
),

-- How much of an area is covered says which practices have anybody at all, and so of how many at
-- least a withheld figure is.
flagged as (
    select
        *,
        case
            when treatment = 'withheld' then replace(other_flags, ',incomplete_coverage,', ',')
            when treatment = 'as_it_is' or not is_flow then dq_flags
            when released_numerator < 0 and treatment = 'counts'
                then other_flags || 'negative_flow'
            else other_flags
        end as shown_flags
    from stated
)

select
    {%- for key in keys %}
    {{ key }},
    {%- endfor %}
    case treatment
        when 'as_it_is' then numerator
        when 'counts' then cast(released_numerator as decimal(38, 12))
    end as numerator,
    case
        when treatment in ('withheld', 'no_difference') then cast(null as decimal(38, 12))
        when treatment = 'as_it_is' then denominator
        else coalesce(cast(released_denominator as decimal(38, 12)), denominator)
    end as denominator,
    case when treatment = 'as_it_is' then unweighted_base end as unweighted_base,
    effective_base,
    -- Of a mean the sums are stretched to the number of people that is shown, so that neither value
    -- nor limits tell of how many they really are.
    {%- for sum in ['value_sum', 'value_sum_of_squares'] %}
    case
        when treatment = 'mean'
            then
                {{ sum }} * cast(released_denominator as double)
                / nullif(cast(denominator as double), 0e0)
        else {{ sum }}
    end as {{ sum }},
    {%- endfor %}
    case when treatment = 'as_it_is' then published_value end as published_value,
    case when treatment = 'as_it_is' then published_lower_95 end as published_lower_95,
    case when treatment = 'as_it_is' then published_upper_95 end as published_upper_95,
    is_printed_plausible,
    treatment = 'mean' as is_rounded_mean,
    case treatment
        when 'withheld' then 'suppressed'
        when 'no_difference' then 'cannot_calculate'
        else value_state
    end as value_state,
    case treatment
        when 'withheld' then 'withheld so that nobody can be recognised in a small number'
        when 'no_difference'
            then 'the counts since April of the two months are not of the same practices; see as_is'
        else value_reason
    end as value_reason,
    nullif(trim(both ',' from shown_flags), '') as dq_flags,
    -- Which files a withheld figure is made of says how often they were counted.
    case when treatment <> 'withheld' then edition_ids end as edition_ids,
    case when treatment <> 'withheld' then coverage end as coverage
from flagged
