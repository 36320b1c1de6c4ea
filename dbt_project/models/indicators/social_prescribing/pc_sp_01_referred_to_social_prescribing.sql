{{ recorded_care_indicator('PC-SP-01', measure_concept='sp_referred') }}
