{{ workforce_indicator('PC-WF-01', 'social prescribing link workers') }}
