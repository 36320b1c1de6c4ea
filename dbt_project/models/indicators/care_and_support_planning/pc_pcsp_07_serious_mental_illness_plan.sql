{{ qof_indicator('PC-PCSP-07', indicator_code='MH002') }}
