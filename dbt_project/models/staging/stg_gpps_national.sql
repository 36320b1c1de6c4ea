{{ survey_answers('gpps_national', 'england', "'E92000001'") }}
