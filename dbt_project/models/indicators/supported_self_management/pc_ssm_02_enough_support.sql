{{ survey_indicator(
    'PC-SSM-02',
    question='healthsupport',
    with_definitely=true
) }}
