{# No two rows share the columns of the model's grain; nulls count as equal. #}
{% test grain_is_unique(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
