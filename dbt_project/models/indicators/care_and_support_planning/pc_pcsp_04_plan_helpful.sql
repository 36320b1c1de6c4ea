{{ survey_indicator(
    'PC-PCSP-04',
    question='healthcareplanhelpful'
) }}
