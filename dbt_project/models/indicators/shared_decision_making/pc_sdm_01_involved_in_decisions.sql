{{ survey_indicator(
    'PC-SDM-01',
    question='lastgpapptdecision',
    with_definitely=true
) }}
