{{ recorded_care_indicator('PC-SDM-03', measure_concept='sdm_recorded') }}
