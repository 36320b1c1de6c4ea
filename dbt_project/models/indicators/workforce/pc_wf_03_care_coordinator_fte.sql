{{ workforce_indicator('PC-WF-03', 'care coordinators') }}
