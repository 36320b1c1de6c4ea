-- The range that chance alone would give is no interval of the index: it stands in inequalities.
select
    {{ indicator_columns(
        'PC-INQ-03',
        area_code='area_code',
        area_type='area_type',
        hierarchy_basis='hierarchy_basis',
        period_start='period_start',
        period_end='period_end',
        series_id='series_id',
        numerator='null',
        denominator="case when value_state = 'reported' then stated_counted end",
        published_value='similarity_index',
        value_state='value_state',
        value_reason='value_reason',
        dq_flags='dq_flags',
        edition_ids='edition_ids'
    ) }}
from {{ ref('int_representation_indices') }}
where indicator_id = 'PC-INQ-03'
