{{ survey_answers('gpps_region', 'region', 'region_code') }}
