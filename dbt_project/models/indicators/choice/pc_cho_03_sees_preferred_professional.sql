{{ survey_indicator(
    'PC-CHO-03',
    question='localgpservicesprefhpsee'
) }}
