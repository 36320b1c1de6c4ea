{{ qof_indicator('PC-PCSP-08', indicator_code='DEM004') }}
