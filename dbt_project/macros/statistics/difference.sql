{#
    Absolute gap between two independent values, and its interval from theirs:
        D = v1 - v2,   lower = D - sqrt((v1 - l1)^2 + (u2 - v2)^2)
                       upper = D + sqrt((u1 - v1)^2 + (v2 - l2)^2)
    Source: Newcombe RG (1998), Stat Med 17:873-890, method 10 for proportions with Wilson limits;
    Zou GY and Donner A (2008), Stat Med 27:1693-1702 for any other pair with limits of one
    confidence. It takes values and limits as columns, so that the printed limits of a survey
    serve as well as computed ones. Values and limits must stand in order.
#}
{%- macro difference(value, reference_value) -%}
case
    when
        {{ is_finite_number(value) }}
        and {{ is_finite_number(reference_value) }}
        then {{ null_if_infinite(
            "cast(" ~ value ~ " as double) - cast(" ~ reference_value ~ " as double)"
        ) }}
end
{%- endmacro -%}


{%- macro difference_lower(value, lower, reference_value, reference_upper) -%}
{%- set v = "cast(" ~ value ~ " as double)" -%}
{%- set l = "cast(" ~ lower ~ " as double)" -%}
{%- set r = "cast(" ~ reference_value ~ " as double)" -%}
{%- set u = "cast(" ~ reference_upper ~ " as double)" -%}
{%- set limit -%}
{{ v }} - {{ r }}
            - sqrt(({{ v }} - {{ l }}) * ({{ v }} - {{ l }}) + ({{ u }} - {{ r }}) * ({{ u }} - {{ r }}))
{%- endset -%}
case
    when
        {{ is_finite_number(value) }}
        and {{ is_finite_number(reference_value) }}
        and {{ is_finite_number(lower) }}
        and {{ is_finite_number(reference_upper) }}
        and {{ is_finite_number("(" ~ v ~ " - " ~ r ~ ")") }}
        and {{ l }} <= {{ v }}
        and {{ r }} <= {{ u }}
        then {{ null_if_infinite(limit) }}
end
{%- endmacro -%}


{%- macro difference_upper(value, upper, reference_value, reference_lower) -%}
{%- set v = "cast(" ~ value ~ " as double)" -%}
{%- set u = "cast(" ~ upper ~ " as double)" -%}
{%- set r = "cast(" ~ reference_value ~ " as double)" -%}
{%- set l = "cast(" ~ reference_lower ~ " as double)" -%}
{%- set limit -%}
{{ v }} - {{ r }}
            + sqrt(({{ u }} - {{ v }}) * ({{ u }} - {{ v }}) + ({{ r }} - {{ l }}) * ({{ r }} - {{ l }}))
{%- endset -%}
case
    when
        {{ is_finite_number(value) }}
        and {{ is_finite_number(reference_value) }}
        and {{ is_finite_number(upper) }}
        and {{ is_finite_number(reference_lower) }}
        and {{ is_finite_number("(" ~ v ~ " - " ~ r ~ ")") }}
        and {{ v }} <= {{ u }}
        and {{ l }} <= {{ r }}
        then {{ null_if_infinite(limit) }}
end
{%- endmacro -%}
