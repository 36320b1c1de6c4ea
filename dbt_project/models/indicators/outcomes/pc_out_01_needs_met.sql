{{ survey_indicator(
    'PC-OUT-01',
    question='lastgpapptneeds',
    with_definitely=true
) }}
