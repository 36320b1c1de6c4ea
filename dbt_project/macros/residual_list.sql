{#
    Whether so few people are registered with a practice that it is not ranked among others. Its
    people count in every sum and its values are shown (DOMAIN 2.4: lists under 100 that remain of
    closed practices pollute medians; out of distributions, in sums).

    The list alone decides, as a directory is late: of the 37 lists under 100 in January 2021, that
    of November 2021 has 2 closed by then and 9 closed or dormant since, 14 that are no GP practice
    by their setting, and 12 open. Fingertips gives none of the 37 a deprivation score, neither of
    2019 nor of 2025 (2026-11-27). Where no list is held, nothing says that it is one of them.
#}
{% macro is_residual_list(registered_patients) -%}
coalesce({{ registered_patients }} < 100, false)
{%- endmacro %}
