{{ workforce_indicator('PC-WF-02', 'health and wellbeing coaches') }}
