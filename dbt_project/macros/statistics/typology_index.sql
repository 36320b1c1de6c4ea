{#
    Coproduction index of classified records: mean of 0 for done to, 50 for done for and 100 for
    done with people.
    Source: the scores are this project's own over the typology of Wilton C (2021), BMJ Leader,
    doi:10.1136/leader-2020-000424. Shown after the three shares and never alone.
#}
{%- macro typology_index(to_records, for_records, with_records) -%}
{%- set done_to = "cast(" ~ to_records ~ " as double)" -%}
{%- set done_for = "cast(" ~ for_records ~ " as double)" -%}
{%- set done_with = "cast(" ~ with_records ~ " as double)" -%}
{%- set records = "(" ~ done_to ~ " + " ~ done_for ~ " + " ~ done_with ~ ")" -%}
case
    when
        {{ count_is_defined(to_records) }}
        and {{ count_is_defined(for_records) }}
        and {{ count_is_defined(with_records) }}
        and {{ is_finite_number(records) }}
        then 100e0 * (
            (0.5e0 * {{ done_for }} + {{ done_with }}) / nullif({{ records }}, 0e0)
        )
end
{%- endmacro -%}
