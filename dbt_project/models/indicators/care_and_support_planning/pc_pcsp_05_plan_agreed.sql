{{ recorded_care_indicator('PC-PCSP-05', measure_concept='pcsp_agreed') }}
