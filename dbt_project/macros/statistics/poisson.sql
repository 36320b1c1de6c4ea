{#
    Interval of a count x of independent events: exact Poisson under ten, Byar's approximation
    from ten. Source: exact, Armitage P and Berry G, Statistical Methods in Medical Research
    (4th edn, 2002); Byar, Breslow NE and Day NE, Statistical Methods in Cancer Research volume II
    (1987), 69; the switch at ten is that of Fingertips and PHEindicatormethods.
        Byar   L = x(1 - 1/(9x) - z/(3 sqrt(x)))^3
               U = (x+1)(1 - 1/(9(x+1)) + z/(3 sqrt(x+1)))^3
        exact  L = chi2(a/2; 2x)/2 (0 when x = 0),   U = chi2(1 - a/2; 2x + 2)/2
#}
{%- macro count_is_defined(count) -%}
cast({{ count }} as double) >= 0 and {{ is_finite_number(count) }}
{%- endmacro -%}


{#-
    At 0 the formula divides by zero, and at 1 with 99.8 % its cube is negative. A count has no
    limit under 0, so both are 0.
-#}
{%- macro byars_lower(count, confidence) -%}
{%- set z = normal_quantile(confidence) -%}
{%- set x = "cast(" ~ count ~ " as double)" -%}
{%- set divisor = "nullif(" ~ x ~ ", 0e0)" -%}
case
    when {{ x }} = 0 then 0e0
    when
        {{ count_is_defined(count) }}
        then {{ x }} * power(
            greatest(
                0e0, 1e0 - 1e0 / (9e0 * {{ divisor }}) - {{ z }} / (3e0 * sqrt({{ divisor }}))
            ),
            3
        )
end
{%- endmacro -%}


{%- macro byars_upper(count, confidence) -%}
{%- set z = normal_quantile(confidence) -%}
{%- set following = "(cast(" ~ count ~ " as double) + 1e0)" -%}
case
    when
        {{ count_is_defined(count) }}
        then {{ following }} * power(
            1e0 - 1e0 / (9e0 * {{ following }}) + {{ z }} / (3e0 * sqrt({{ following }})), 3
        )
end
{%- endmacro -%}


{#-
    The exact limits of 0 to 9 are constants, recomputed from chi-square by the unit tests.
    Counts are whole: a fraction under ten meets no branch and is null.
-#}
{%- macro poisson_lower(count, confidence) -%}
{%- set exact_limits = {
    0.95: [
        0.0, 0.025317807984289876, 0.24220927854396496, 0.6186721228956014, 1.0898653736263249,
        1.6234863901184207, 2.2018942534908508, 2.8143630515198654, 3.4538321767485014,
        4.115373097378334,
    ],
    0.998: [
        0.0, 0.001000500333583534, 0.045402017769489544, 0.1905333775684032, 0.428552413628423,
        0.7393717319178323, 1.1071046602556394, 1.5203362603988093, 1.9708139217403657,
        2.452424404363775,
    ],
} -%}
case
    when cast({{ count }} as double) >= 10 then {{ byars_lower(count, confidence) }}
    {%- for limit in exact_limits[confidence] %}
    when cast({{ count }} as double) = {{ loop.index0 }} then {{ limit }}e0
    {%- endfor %}
end
{%- endmacro -%}


{%- macro poisson_upper(count, confidence) -%}
{%- set exact_limits = {
    0.95: [
        3.6888794541139363, 5.571643390938898, 7.224687667723961, 8.767273069742325,
        10.241588675403696, 11.66833207932267, 13.059474022518685, 14.422675361702382,
        15.763189220193311, 17.08480345141917,
    ],
    0.998: [
        6.907755278982137, 9.233413476451586, 11.228872242412661, 13.062240779188071,
        14.79414922253721, 16.454745203680105, 18.06163684019907, 19.62617739538424,
        21.156198165839985, 22.657373309062933,
    ],
} -%}
case
    when cast({{ count }} as double) >= 10 then {{ byars_upper(count, confidence) }}
    {%- for limit in exact_limits[confidence] %}
    when cast({{ count }} as double) = {{ loop.index0 }} then {{ limit }}e0
    {%- endfor %}
end
{%- endmacro -%}
