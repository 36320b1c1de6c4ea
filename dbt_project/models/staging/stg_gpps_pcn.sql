{{ survey_answers('gpps_pcn', 'pcn', 'pcn_code') }}
