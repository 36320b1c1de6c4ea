{#
    Quantile band (1 to k) of an area from its rank among the N areas that have a value.
    Source: OHID Technical Guide, Assigning Deprivation Categories; PHEindicatormethods,
    phe_quantile:  q = floor((k + 1) - ceil(((N + 1) - rank) / (N / k))), 0 becoming 1
    Rank 1 is always in band 1, so the direction is that of the rank:
        highest value = band 1 (their invert = TRUE)   rank() over (order by v desc nulls last)
        lowest value  = band 1 (their invert = FALSE)  rank() over (order by v asc nulls last)
    `rank` gives ties the smallest rank, as the source does; leave areas without a value out of N.
    Computed as (N + 1 - rank) * k / N: the same number with one division, exact whenever it is
    whole. Dividing by a rounded N / k can step over a whole number, which is where the source's
    band 0 comes from (seven bands of 17 areas); here it cannot arise. Quintiles and deciles are
    the same either way. The cap on N refuses infinity and NaN and keeps the band an integer.
#}
{%- macro quantile_band(rank, count_of_values, number_of_bands) -%}
{%- set position = "cast(" ~ rank ~ " as double)" -%}
{%- set n = "cast(" ~ count_of_values ~ " as double)" -%}
{%- set k = "cast(" ~ number_of_bands ~ " as double)" -%}
case
    when
        {{ n }} <= 1000000000
        and {{ k }} between 1 and {{ n }}
        and {{ k }} = floor({{ k }})
        and {{ position }} between 1 and {{ n }}
        then cast(
            {{ k }} + 1e0 - ceil(({{ n }} + 1e0 - {{ position }}) * {{ k }} / nullif({{ n }}, 0e0))
            as int
        )
end
{%- endmacro -%}
