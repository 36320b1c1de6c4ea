-- Value and limits of every input by the method of its indicator, before anything is compared.
{%- set means = "('mean_t', 'paired_change')" %}
with described as (
    select
        inputs.*,
        -- How many answered twice stands beside a mean change: a share, neither good nor bad. So
        -- does what part of an amount went where.
        case
            when inputs.category_type in ('follow_up', 'share') then 'proportion'
            else catalogue.unit
        end as unit,
        case
            when inputs.category_type in ('follow_up', 'share') then 1e0
            else catalogue.multiplier
        end as multiplier,
        case when inputs.category_type = 'follow_up' then 'none' else catalogue.polarity end
            as polarity,
        catalogue.method,
        catalogue.cadence,
        catalogue.disclosure_class,
        catalogue.minimum_base,
        -- Local figures have no league: no benchmark, no bands (DOMAIN 0.2 ruling 6).
        catalogue.benchmark = 'england' and catalogue.status <> 'local' as has_benchmark,
        case
            when catalogue.method like 'survey_%' then 'survey'
            when inputs.category_type = 'follow_up' then 'proportion'
            -- Every seat, group and project was counted: no chance, no interval (ruling 6).
            when catalogue.is_complete_enumeration then 'enumeration'
            when catalogue.method = 'wilson' then 'proportion'
            when catalogue.method = 'rate_byar' then 'rate'
            when catalogue.method in {{ means }} then 'mean'
            when catalogue.method = 'mean_noci' then 'mean_without_limits'
            when catalogue.rolls_up_from = 'derived' then 'derived'
            else 'rate_without_limits'
        end as limits_kind
    from {{ ref('int_released_inputs') }} as inputs
    inner join {{ ref('int_indicator_catalogue') }} as catalogue
        on
            inputs.indicator_id = catalogue.indicator_id
            and contains(', ' || catalogue.grains || ', ', ', ' || inputs.area_type || ', ')
),

-- The base of a survey is people who answered; of all other figures what they are divided by, as it
-- is shown: by the base as counted, the state would tell a 10 that was rounded from 8 or 9 (DOMAIN
-- 0.2 ruling 2).
based as (
    select
        *,
        value_state in ('reported', 'zero')
        and coalesce(unweighted_base, denominator) < minimum_base as is_below_minimum
    from described
),

-- Numerator and denominator as doubles, once: the formulas below name them many times, and to
-- convert the decimals each time took half of what this model took (England, 2026-11-29).
stated as (
    select
        *,
        cast(numerator as double) as x,
        cast(denominator as double) as n,
        case when is_below_minimum then 'below_min_base' else value_state end as final_state,
        case
            when is_below_minimum and limits_kind = 'survey'
                then
                    'fewer than ' || cast(minimum_base as string)
                    || ' people answered; too few to show'
            when is_below_minimum
                then
                    'fewer than ' || cast(minimum_base as string)
                    || ' in the base; too few to show'
            else value_reason
        end as final_reason
    from based
),

valued as (
    select
        *,
        case
            when final_state not in ('reported', 'zero') then cast(null as double)
            when published_value is not null then published_value
            when limits_kind in ('mean', 'mean_without_limits')
                then {{ ratio('value_sum', 'n') }} * multiplier
            else {{ ratio('x', 'n') }} * multiplier
        end as value
    from stated
),

-- What each method takes: x out of n.
counted as (
    select
        *,
        case
            when limits_kind = 'survey' then value * effective_base
            when limits_kind = 'proportion' then x
        end as limits_numerator,
        case
            when value is null then cast(null as double)
            when limits_kind = 'survey' then effective_base
            when limits_kind = 'proportion' then n
        end as limits_denominator,
        case when value is not null and limits_kind = 'rate' then x end as limits_count,
        case when value is not null and limits_kind = 'mean' then n end as limits_values
    from valued
),

limited as (
    select
        *,
        {%- for confidence, name in [(0.95, '95'), (0.998, '998')] %}
        {%- for side in ['lower', 'upper'] %}
        case
            when limits_kind in ('survey', 'proportion')
                then {{ wilson_lower('limits_numerator', 'limits_denominator', confidence)
                    if side == 'lower' else
                    wilson_upper('limits_numerator', 'limits_denominator', confidence) }}
            when limits_kind = 'rate'
                then {{ rate_lower('limits_count', 'n', 'multiplier', confidence)
                    if side == 'lower' else
                    rate_upper('limits_count', 'n', 'multiplier', confidence) }}
            when limits_kind = 'mean'
                then multiplier * ({{ mean_lower(
                    'limits_values', 'value_sum', 'value_sum_of_squares', confidence
                ) if side == 'lower' else mean_upper(
                    'limits_values', 'value_sum', 'value_sum_of_squares', confidence
                ) }})
        end as computed_{{ side }}_{{ name }},
        {%- endfor %}
        {%- endfor %}
        case when value is not null then published_lower_95 end as shown_lower_95,
        case when value is not null then published_upper_95 end as shown_upper_95
    from counted
)

select
    indicator_id,
    area_code,
    area_type,
    hierarchy_basis,
    period_start,
    period_end,
    series_id,
    category_type,
    category,
    numerator,
    denominator,
    unweighted_base,
    {{ as_shown('value') }} as value,
    unit,
    multiplier,
    polarity,
    method,
    cadence,
    limits_kind,
    has_benchmark,
    -- Printed limits are the headline; where the publisher printed none, those from the recovered
    -- effective base stand in, and say so.
    {{ as_shown('coalesce(shown_lower_95, computed_lower_95)') }} as lower_95,
    {{ as_shown('coalesce(shown_upper_95, computed_upper_95)') }} as upper_95,
    -- Two pairs of limits of one mean tell of how many it is.
    case when not coalesce(is_rounded_mean, false) then computed_lower_998 end as lower_998,
    case when not coalesce(is_rounded_mean, false) then computed_upper_998 end as upper_998,
    case when limits_kind = 'survey' then computed_lower_95 end as recomputed_lower_95,
    case when limits_kind = 'survey' then computed_upper_95 end as recomputed_upper_95,
    case
        when coalesce(shown_lower_95, computed_lower_95) is null then 'none'
        when limits_kind = 'derived' then 'analytic'
        when shown_lower_95 is not null then 'printed'
        when limits_kind = 'survey' then 'recomputed'
        else 'computed'
    end as ci_basis,
    -- Where nothing is printed there is nothing to prefer the recomputed ones to.
    area_type = 'practice'
    and limits_kind = 'survey'
    and shown_lower_95 is not null
    and shown_upper_95 is not null
    and not is_printed_plausible
        as compares_on_recomputed,
    coverage,
    final_state as value_state,
    final_reason as value_reason,
    disclosure_class,
    dq_flags,
    edition_ids,
    -- A window longer than the time between two values overlaps with the one before: it is held
    -- against the same window of a year earlier.
    12 * (extract(year from period_end) - extract(year from period_start))
    + extract(month from period_end) - extract(month from period_start) + 1
    > case cadence when 'monthly' then 1 when 'quarterly' then 3 else 12 end as overlaps_previous
from limited
