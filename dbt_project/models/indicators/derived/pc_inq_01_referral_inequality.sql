-- Practices are compared with each other: the slope comes finished, with its own limits.
select
    {{ indicator_columns(
        'PC-INQ-01',
        area_code='area_code',
        area_type='area_type',
        hierarchy_basis='hierarchy_basis',
        period_start='period_start',
        period_end='period_end',
        series_id='series_id',
        numerator='null',
        denominator='null',
        published_value='sii',
        published_lower_95='sii_lower_95',
        published_upper_95='sii_upper_95',
        value_state='value_state',
        value_reason='value_reason',
        dq_flags='dq_flags',
        edition_ids='edition_ids'
    ) }}
from {{ ref('int_inequality_slopes') }}
where indicator_id = 'PC-INQ-01'
