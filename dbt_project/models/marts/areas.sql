select
    area_code,
    area_type,
    area_name,
    ons_code,
    status,
    open_date,
    close_date
from {{ ref('int_areas') }}
