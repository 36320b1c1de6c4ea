select
    {{ indicator_value_columns() }}
from {{ ref('indicator_values') }}
where area_type = 'england'
