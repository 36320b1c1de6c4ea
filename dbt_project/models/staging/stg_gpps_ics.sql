{{ survey_answers('gpps_ics', 'icb', 'icb_code') }}
