{{ survey_indicator(
    'PC-OUT-01',
    question='lastgpapptneeds',
    with_definitely=true,
    before_2024={'question': 'q90', 'answers': '12', 'base': '123'}
) }}
