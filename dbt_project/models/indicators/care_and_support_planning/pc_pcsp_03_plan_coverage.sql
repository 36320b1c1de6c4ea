{{ survey_indicator(
    'PC-PCSP-03',
    question='healthconversation',
    answer=1,
    numerator_question='healthcareplan'
) }}
