{{ appointments_indicator('PC-SP-06', national_category='Social Prescribing Service') }}
