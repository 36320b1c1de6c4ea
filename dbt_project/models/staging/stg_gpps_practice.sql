{{ survey_answers('gpps_practice', 'practice', 'practice_code') }}
