{#
    One workforce indicator in the contracted shape: one row per network and census, with the
    full-time equivalents of one staff role over both data sources (the publisher's own total).
    A network without any row has not reported: that is not zero staff.
#}
{% macro workforce_indicator(indicator_id, staff_role) %}
with staff as (
    select * from {{ ref('stg_pcnwf_staff') }}
),

reporting as (
    select
        edition_id,
        census_month_start,
        census_date,
        pcn_code,
        cast(
            sum(case when staff_role = '{{ staff_role }}' then fte else 0 end) as decimal(28, 9)
        ) as fte,
        min(case when staff_role = '{{ staff_role }}' then fte end) as smallest_fte
    from staff
    group by edition_id, census_month_start, census_date, pcn_code
),

censuses as (
    select distinct
        edition_id,
        census_month_start,
        census_date
    from reporting
),

populations as (
    select * from {{ ref('int_network_populations') }}
),

networks as (
    select
        census_date,
        pcn_code
    from reporting
    union distinct
    select
        census_date,
        pcn_code
    from populations
)

select
    '{{ indicator_id }}' as indicator_id,
    networks.pcn_code as area_code,
    'pcn' as area_type,
    'as_was' as hierarchy_basis,
    censuses.census_month_start as period_start,
    networks.census_date as period_end,
    'pcnwf_fte' as series_id,
    'all' as category_type,
    'all' as category,
    cast(reporting.fte as decimal(38, 12)) as numerator,
    cast(populations.registered_patients as decimal(38, 12)) as denominator,
    cast(null as bigint) as unweighted_base,
    cast(null as double) as effective_base,
    cast(null as double) as value_sum,
    cast(null as double) as value_sum_of_squares,
    cast(null as double) as published_value,
    cast(null as double) as published_lower_95,
    cast(null as double) as published_upper_95,
    false as is_printed_plausible,
    case
        when reporting.pcn_code is null then 'not_available'
        when coalesce(populations.registered_patients, 0) = 0 then 'cannot_calculate'
        when reporting.fte = 0 then 'zero'
        else 'reported'
    end as value_state,
    case
        when reporting.pcn_code is null then 'the network sent no workforce return'
        when populations.list_size_date is null
            then 'no list size within twelve months of the census'
        when populations.members_without_list_size > 0
            then
                cast(populations.members_without_list_size as string)
                || ' member practice(s) have no list size'
        when coalesce(populations.registered_patients, 0) = 0
            then 'no registered people known for the network'
    end as value_reason,
    case when reporting.smallest_fte < 0 then 'negative_fte' end as dq_flags,
    coalesce(populations.edition_ids, censuses.edition_id) as edition_ids
from networks
inner join censuses on networks.census_date = censuses.census_date
left join reporting
    on
        networks.census_date = reporting.census_date
        and networks.pcn_code = reporting.pcn_code
left join populations
    on
        networks.census_date = populations.census_date
        and networks.pcn_code = populations.pcn_code
{% endmacro %}
