{#
    Wilson score interval of a proportion x / n. x may be fractional (survey: p * n_eff).
    Source: Wilson EB (1927), J Am Stat Assoc 22:209-212; Newcombe RG and Altman DG, in Statistics
    with Confidence (2nd edn, 2000), 46-48; the method of Fingertips for proportions.
        lower, upper = (2x + z^2 -/+ z * sqrt(z^2 + 4x(1 - x/n))) / (2(n + z^2))
    The lower limit is written in the equal form
        p * 2p / (2p + z^2/n + z * sqrt((z^2/n + 4p(1 - p)) / n)),   p = x/n
    which subtracts nothing: it is exactly 0 at x = 0, never above p, and keeps its digits for very
    small and very large n. The upper limit is 1 minus the lower limit of the complement (n - x)/n.
#}
{%- macro wilson_is_defined(numerator, denominator) -%}
cast({{ denominator }} as double) > 0
        and {{ is_finite_number(denominator) }}
        and cast({{ numerator }} as double) between 0 and cast({{ denominator }} as double)
{%- endmacro -%}


{%- macro wilson_lower_of_share(share, denominator, confidence) -%}
{%- set z = normal_quantile(confidence) -%}
{%- set n = "nullif(cast(" ~ denominator ~ " as double), 0e0)" -%}
{{ share }} * (
            2e0 * {{ share }} / (
                2e0 * {{ share }} + {{ z }} * {{ z }} / {{ n }}
                + {{ z }} * sqrt(
                    ({{ z }} * {{ z }} / {{ n }} + 4e0 * {{ share }} * (1e0 - {{ share }}))
                    / {{ n }}
                )
            )
        )
{%- endmacro -%}


{%- macro wilson_lower(numerator, denominator, confidence) -%}
{%- set x = "cast(" ~ numerator ~ " as double)" -%}
{%- set n = "cast(" ~ denominator ~ " as double)" -%}
{%- set share = "(" ~ x ~ " / nullif(" ~ n ~ ", 0e0))" -%}
case
    when
        {{ wilson_is_defined(numerator, denominator) }}
        then {{ wilson_lower_of_share(share, denominator, confidence) }}
end
{%- endmacro -%}


{#- 1 - (1 - p) can round to just under p when n is huge: the limit is never below the value. -#}
{%- macro wilson_upper(numerator, denominator, confidence) -%}
{%- set x = "cast(" ~ numerator ~ " as double)" -%}
{%- set n = "cast(" ~ denominator ~ " as double)" -%}
{%- set complement = "((" ~ n ~ " - " ~ x ~ ") / nullif(" ~ n ~ ", 0e0))" -%}
case
    when
        {{ wilson_is_defined(numerator, denominator) }}
        then greatest(
            {{ x }} / nullif({{ n }}, 0e0),
            1e0 - {{ wilson_lower_of_share(complement, denominator, confidence) }}
        )
end
{%- endmacro -%}
