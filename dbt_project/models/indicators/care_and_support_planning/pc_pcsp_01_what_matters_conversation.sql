{{ survey_indicator(
    'PC-PCSP-01',
    question='healthconversation'
) }}
