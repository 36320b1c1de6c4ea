{{ survey_indicator(
    'PC-PCSP-02',
    question='healthcareplan'
) }}
