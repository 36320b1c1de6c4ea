{{ survey_indicator(
    'PC-SDM-01',
    question='lastgpapptdecision',
    with_definitely=true,
    before_2024={'question': 'q88', 'answers': '12', 'base': '123'}
) }}
