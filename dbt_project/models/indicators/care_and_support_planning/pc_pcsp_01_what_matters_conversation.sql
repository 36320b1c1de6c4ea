{{ survey_indicator(
    'PC-PCSP-01',
    question='healthconversation',
    before_2024={'question': 'q96', 'answers': '1'}
) }}
