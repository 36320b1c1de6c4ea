-- Placeholder until the model of the same name is merged: boards belong to themselves.
select distinct
    parent_code as organisation_code,
    parent_code as icb_code
from {{ ref('int_practice_spells') }}
where parent_type = 'icb'
