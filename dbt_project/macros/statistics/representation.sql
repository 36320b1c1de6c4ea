{#
    Share of a group among seats (or people reached) over its share of the population: 1 is the
    same, 2 twice as many as its size would give.
    Source: DOMAIN 4.5.
#}
{%- macro representation_ratio(count, total_count, population, total_population) -%}
{%- set share = "(cast(" ~ count ~ " as double) / nullif(cast(" ~ total_count ~ " as double), 0e0))" -%}
{%- set expected = "(cast(" ~ population ~ " as double) / nullif(cast(" ~ total_population ~ " as double), 0e0))" -%}
case
    when
        {{ count_is_defined(count) }}
        and {{ count_is_defined(total_count) }}
        and {{ count_is_defined(population) }}
        and {{ count_is_defined(total_population) }}
        then {{ ratio(share, expected) }}
end
{%- endmacro -%}


{#-
    Logarithm of x! for whole x: constants up to nine, Stirling's series from ten, where its next
    term is below 1e-12. Source: Abramowitz M and Stegun IA (1964), 6.1.41. Spark has no lgamma.
-#}
{%- macro log_factorial(number) -%}
{%- set x = "cast(" ~ number ~ " as double)" -%}
{%- set divisor = "nullif(" ~ x ~ ", 0e0)" -%}
case
    {%- for constant in [
        '0e0', '0e0', '0.6931471805599453e0', '1.791759469228055e0', '3.1780538303479458e0',
        '4.787491742782046e0', '6.579251212010101e0', '8.525161361065415e0',
        '10.60460290274525e0', '12.801827480081469e0',
    ] %}
    when {{ x }} = {{ loop.index0 }} then {{ constant }}
    {%- endfor %}
    when
        {{ x }} >= 10
        and {{ x }} <= 1e9
        and {{ x }} = floor({{ x }})
        then ({{ x }} + 0.5e0) * ln({{ divisor }}) - {{ x }} + 0.9189385332046728e0
            + (1e0 / 12e0 - (1e0 / 360e0 - (1e0 / 1260e0 - 1e0 / 1680e0
            / ({{ divisor }} * {{ divisor }})) / ({{ divisor }} * {{ divisor }}))
            / ({{ divisor }} * {{ divisor }})) / {{ divisor }}
end
{%- endmacro -%}


{#-
    How far a binomial count of n with probability p lies from n p on average, E|S - n p|, exactly:
        2 m C(n, m) p^m (1 - p)^(n - m + 1),   m = floor(n p) + 1
    Source: De Moivre (1730); Diaconis P and Zabell S (1991), Stat Sci 6:284-302.
-#}
{%- macro binomial_mean_deviation(number_of_draws, probability) -%}
{%- set n = "cast(" ~ number_of_draws ~ " as double)" -%}
{%- set p = "cast(" ~ probability ~ " as double)" -%}
{%- set m = "(floor(" ~ n ~ " * " ~ p ~ ") + 1e0)" -%}
case
    when {{ n }} >= 0 and {{ p }} in (0e0, 1e0) and {{ is_finite_number(number_of_draws) }} then 0e0
    when
        {{ n }} > 0
        and {{ n }} <= 1e9
        and {{ n }} = floor({{ n }})
        and {{ p }} > 0
        and {{ p }} < 1
        and {{ m }} <= {{ n }}
        then 2e0 * {{ m }} * exp(
            {{ log_factorial(n) }}
            - {{ log_factorial(m) }}
            - {{ log_factorial('(' ~ n ~ ' - ' ~ m ~ ')') }}
            + {{ m }} * ln(nullif({{ p }}, 0e0))
            + ({{ n }} - {{ m }} + 1e0) * ln(nullif(1e0 - {{ p }}, 0e0))
        )
end
{%- endmacro -%}


{#
    How like its population a set of seats (or referrals) is, beside what chance alone would give,
    one row per set.
        D = 1/2 sum |s - p|,   index = 100 (1 - D)
    over the groups, s the share of seats and p of population. Source: Duncan OD and Duncan B
    (1955), Am Sociol Rev 20:210-217, index of dissimilarity.
    Even seats drawn by lot from the population differ from it: the mean of D under that lottery is
    exact (a sum of binomial mean deviations), its 95 % range a gamma distribution with that mean
    and the variance that normal counts have (correlations of the groups included), by the
    approximation of Wilson EB and Hilferty MM (1931). Against simulation its limits are within
    one seat and a half (docs/decisions/2026-11-25-chance-range-of-representativeness.md). Given
    from `minimum_seats` up (DOMAIN 0.2 ruling 7).

    Null where a count or a population of any group is missing or below 0, or there are no seats.

    relation: table or CTE with one row per set and group of people.
    sets: list of the columns that make a set. people_group: column of the groups.
    count, population: columns. minimum_seats: fewest seats for which chance is shown.
    Out: sets, compared_groups, seats, dissimilarity, similarity_index, chance_index_mean,
    chance_index_lower_95, chance_index_upper_95.
#}
{%- macro dissimilarity(relation, sets, people_group, count, population, minimum_seats=100) -%}
{%- set parts = "partition by " ~ sets | join(', ') -%}
with dissimilarity_groups as (
    select
        {{ sets | join(', ') }},
        {{ people_group }} as people_group,
        case when {{ count_is_defined(count) }} then cast({{ count }} as double) end as seats,
        case when {{ count_is_defined(population) }} then cast({{ population }} as double) end
            as people
    from {{ relation }}
),

dissimilarity_totals as (
    select
        *,
        count(*) over ({{ parts }}) as all_groups,
        count(seats) over ({{ parts }}) as groups_with_seats,
        count(people) over ({{ parts }}) as groups_with_people,
        sum(seats) over ({{ parts }}) as all_seats,
        sum(people) over ({{ parts }}) as all_people
    from dissimilarity_groups
),

dissimilarity_shares as (
    select
        {{ sets | join(', ') }},
        people_group,
        all_groups,
        all_seats,
        seats / nullif(all_seats, 0e0) as seat_share,
        people / nullif(all_people, 0e0) as share
    from dissimilarity_totals
    where
        groups_with_seats = all_groups
        and groups_with_people = all_groups
        and all_seats > 0
        and all_people > 0
        and {{ is_finite_number('all_seats') }}
        and {{ is_finite_number('all_people') }}
),

dissimilarity_chances as (
    select
        *,
        abs(seat_share - share) as gap,
        case
            when all_seats >= {{ minimum_seats }}
                then {{ binomial_mean_deviation('all_seats', 'share') }} / nullif(all_seats, 0e0)
        end as expected_gap,
        sqrt(share * greatest(0e0, 1e0 - share) / nullif(all_seats, 0e0)) as gap_scale,
        sqrt(share / nullif(1e0 - share, 0e0)) as odds_root
    from dissimilarity_shares
),

{# Cov |X|, |Y| of two normal gaps with correlation r: 2/pi (r asin r + sqrt(1 - r^2) - 1). -#}
dissimilarity_correlations as (
    select
        {% for column in sets -%}
        one.{{ column }},
        {% endfor -%}
        one.gap_scale * other.gap_scale as scale,
        case
            when one.people_group is not distinct from other.people_group then 1e0
            else greatest(-1e0, -one.odds_root * other.odds_root)
        end as correlation
    from dissimilarity_chances as one
    inner join dissimilarity_chances as other
        on
            {% for column in sets -%}
            {{ 'and ' if not loop.first }}one.{{ column }} is not distinct from other.{{ column }}
            {% endfor %}
    where one.gap_scale > 0 and other.gap_scale > 0
),

dissimilarity_variances as (
    select
        {{ sets | join(', ') }},
        -- pi / 2
        sum(
            scale * (
                correlation * asin(correlation)
                + sqrt(greatest(0e0, 1e0 - correlation * correlation)) - 1e0
            )
        ) / 4e0 / 1.5707963267948966e0 as variance
    from dissimilarity_correlations
    group by {{ sets | join(', ') }}
),

dissimilarity_sums as (
    select
        {{ sets | join(', ') }},
        max(all_groups) as all_groups,
        max(all_seats) as seats,
        sum(gap) / 2e0 as dissimilarity,
        case when count(expected_gap) = count(*) then sum(expected_gap) / 2e0 end as chance_mean
    from dissimilarity_chances
    group by {{ sets | join(', ') }}
),

{# Shape of the gamma distribution: mean squared over variance. -#}
dissimilarity_shapes as (
    select
        dissimilarity_sums.*,
        dissimilarity_sums.chance_mean * dissimilarity_sums.chance_mean
        / nullif(case when dissimilarity_variances.variance > 0 then dissimilarity_variances.variance end, 0e0)
            as shape
    from dissimilarity_sums
    left join dissimilarity_variances
        on
            {% for column in sets -%}
            {{ 'and ' if not loop.first -}}
            dissimilarity_sums.{{ column }} is not distinct from dissimilarity_variances.{{ column }}
            {% endfor %}
)

select
    {{ sets | join(', ') }},
    cast(all_groups as int) as compared_groups,
    seats,
    dissimilarity,
    100e0 * (1e0 - dissimilarity) as similarity_index,
    100e0 * (1e0 - chance_mean) as chance_index_mean,
    {%- for sign, side in [('+', 'lower'), ('-', 'upper')] %}
    100e0 * (1e0 - least(1e0, chance_mean * power(greatest(0e0,
        1e0 - 1e0 / (9e0 * nullif(shape, 0e0)) {{ sign }} {{ normal_quantile(0.95) }}
        / (3e0 * sqrt(nullif(shape, 0e0)))
    ), 3))) as chance_index_{{ side }}_95{{ ',' if not loop.last }}
    {%- endfor %}
from dissimilarity_shapes
{%- endmacro -%}
