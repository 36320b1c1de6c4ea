{{ appointments_indicator(
    'PC-SSM-05',
    national_category='Group Consultation and Group Education'
) }}
