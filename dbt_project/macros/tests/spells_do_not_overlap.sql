{# No two spells of one thing share a day. Both days belong to the spell; a null end is open. #}
{% test spells_do_not_overlap(model, columns, from_date, to_date) %}
select *
from (
    select
        {{ columns | join(', ') }},
        {{ from_date }},
        {{ to_date }},
        lead({{ from_date }}) over (
            partition by {{ columns | join(', ') }} order by {{ from_date }} asc nulls last
        ) as next_from_date
    from {{ model }}
) as spells
where next_from_date is not null and ({{ to_date }} is null or {{ to_date }} >= next_from_date)
{% endtest %}
