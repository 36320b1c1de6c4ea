{# No two rows share the columns of the model's grain; nulls count as equal.

The columns are compared only where their hashes agree: of 33 million relations between counts the
texts themselves would go to disk, 8.8 GB of them (2026-11-27). #}
{% test grain_is_unique(model, columns) %}
with grains as (
    select
        {{ columns | join(',\n        ') }},
        {{ row_hash(columns) }} as grain_hash
    from {{ model }}
),

shared as (
    select grain_hash
    from grains
    group by grain_hash
    having count(*) > 1
)

select {{ columns | join(', ') }}
from grains
where grain_hash in (select shared.grain_hash from shared)
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
