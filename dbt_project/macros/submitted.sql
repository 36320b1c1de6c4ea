{# Columns of files that local organisations send. #}

{# An ISO date as text, with or without a time behind it (cells of a workbook have midnight). #}
{% macro submitted_date(text) -%}
    {{ parse_date('substr(trim(' ~ text ~ '), 1, 10)', ['%Y-%m-%d']) }}
{%- endmacro %}

{# A practice code; null where there is none or it is a dummy that stands for none (DOMAIN 8.1). #}
{% macro submitted_practice_code(text) -%}
    case
        when upper(trim({{ text }})) not in ('', 'V81997', 'V81998', 'V81999')
            then upper(trim({{ text }}))
    end
{%- endmacro %}

{#
    1 for the row of the newest submission. Something can come again in a later submission, whole:
    what was taken out of the sender's system last counts, then the later period.
#}
{% macro nth_newest_submission(key) -%}
    row_number() over (
        partition by {{ key | join(', ') }}
        order by
            extracted_on desc nulls last,
            submission_period_end desc nulls last,
            edition_id desc nulls last,
            source_row_number desc nulls last
    )
{%- endmacro %}
