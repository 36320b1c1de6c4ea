{# The condition is true in every row; where it cannot be decided (null), that is a failure too. #}
{% test every_row_satisfies(model, condition) %}
select *
from {{ model }}
where not coalesce({{ condition }}, false)
{% endtest %}
