{#
    Effective bases of weighted survey answers: how many equally weighted answers carry as much
    information, which is the n of the Wilson interval.
    Sources: Kish L, Survey Sampling (1965), where weights are known. The files of the GP Patient
    Survey have no weights, so the base is recovered from the printed 95 % interval by solving
    Wilson's formula for n. With W = upper - lower,
        W^2 n^2 + (2 W^2 z^2 - 4 z^2 p(1-p)) n + (W^2 - 1) z^4 = 0
    has one positive root,
        n = z^2 (2p(1-p) - W^2 + sqrt((2p(1-p))^2 + W^2 (1 - 2p)^2)) / W^2
    It needs no special case (p = 0 gives z^2 (1 - U)/U, p = 1 gives z^2 L/(1 - L)) and nothing
    under its square root can be negative.
#}
{%- macro survey_published_effective_base(proportion, lower, upper) -%}
{%- set z = normal_quantile(0.95) -%}
{%- set p = "cast(" ~ proportion ~ " as double)" -%}
{%- set low = "cast(" ~ lower ~ " as double)" -%}
{%- set high = "cast(" ~ upper ~ " as double)" -%}
{%- set width = "(" ~ high ~ " - " ~ low ~ ")" -%}
{%- set width_squared = "(" ~ width ~ " * " ~ width ~ ")" -%}
{%- set spread = "(2e0 * " ~ p ~ " * (1e0 - " ~ p ~ "))" -%}
{#- Limits of 0 and 1 are those of no answers: null. Just inside them, rounding may go below 0. -#}
{%- set base -%}
{{ z }} * {{ z }} * greatest(
            0e0,
            {{ spread }} - {{ width_squared }} + sqrt(
                {{ spread }} * {{ spread }}
                + {{ width_squared }} * (1e0 - 2e0 * {{ p }}) * (1e0 - 2e0 * {{ p }})
            )
        ) / nullif({{ width_squared }}, 0e0)
{%- endset -%}
case
    when
        {{ low }} >= 0
        and {{ high }} <= 1
        and {{ low }} < {{ high }}
        and {{ p }} between {{ low }} and {{ high }}
        and {{ width }} < 1
        then nullif({{ base }}, 0e0)
end
{%- endmacro -%}


{#-
    Share of its unweighted base that a published effective base is worth (r). Practice intervals
    are printed as if weights were not scaled to a mean of 1 inside the practice, so there the
    square of the mean weight is put back. Never above 1: weighting cannot add answers. `least`
    skips nulls on both engines, so everything in it is tested first.
-#}
{%- macro survey_effective_base_ratio(
    published_effective_base, unweighted_base, weighted_base, is_practice
) -%}
{%- set published = "cast(" ~ published_effective_base ~ " as double)" -%}
{%- set answers = "cast(" ~ unweighted_base ~ " as double)" -%}
{%- set weight = "cast(" ~ weighted_base ~ " as double)" -%}
{%- set share = published ~ " / nullif(" ~ answers ~ ", 0e0)" -%}
{%- set mean_weight = "(" ~ weight ~ " / nullif(" ~ answers ~ ", 0e0))" -%}
case
    when
        {{ published }} > 0
        and {{ is_finite_number(published_effective_base) }}
        and {{ answers }} > 0
        and {{ is_finite_number(unweighted_base) }}
        then
            case
                when not coalesce(({{ is_practice }}), false) then least(1e0, {{ share }})
                when
                    {{ weight }} > 0
                    and {{ is_finite_number(weighted_base) }}
                    then least(1e0, {{ share }} * {{ mean_weight }} * {{ mean_weight }})
            end
end
{%- endmacro -%}


{#- (sum w)^2 / sum w^2, divided before multiplied so that large sums do not overflow. -#}
{%- macro kish_effective_base(sum_of_weights, sum_of_squared_weights) -%}
{%- set weights = "cast(" ~ sum_of_weights ~ " as double)" -%}
{%- set squares = "cast(" ~ sum_of_squared_weights ~ " as double)" -%}
case
    when
        {{ weights }} > 0
        and {{ is_finite_number(sum_of_weights) }}
        and {{ squares }} > 0
        and {{ is_finite_number(sum_of_squared_weights) }}
        then {{ null_if_infinite(weights ~ " / nullif(" ~ squares ~ ", 0e0) * " ~ weights) }}
end
{%- endmacro -%}
