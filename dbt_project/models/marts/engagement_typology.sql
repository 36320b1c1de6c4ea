-- The three shares first, the index last and only from ten records on (DOMAIN 4.3).
with records as (
    select * from {{ ref('int_engagement_classes') }}
),

of_areas as (
    select
        'organisation' as area_type,
        org_code as area_code,
        period_start,
        period_end,
        class,
        evidence,
        do_staff_and_people_agree,
        is_self_rating_higher,
        edition_id
    from records
    union all
    select
        'icb' as area_type,
        organisations.icb_code as area_code,
        records.period_start,
        records.period_end,
        records.class,
        records.evidence,
        records.do_staff_and_people_agree,
        records.is_self_rating_higher,
        records.edition_id
    from records
    inner join {{ ref('int_organisations') }} as organisations
        on records.org_code = organisations.organisation_code
    where organisations.icb_code is not null
),

counted as (
    select
        area_type,
        area_code,
        period_start,
        period_end,
        count(*) as all_records,
        count(case when class <> 'unclassified' then 1 end) as classified_records,
        count(case when evidence = 'weak' then 1 end) as weak_records,
        count(do_staff_and_people_agree) as judged_by_both,
        count(case when do_staff_and_people_agree then 1 end) as agreeing,
        count(is_self_rating_higher) as self_rated,
        count(case when is_self_rating_higher then 1 end) as rated_higher,
        count(case when class = 'to' then 1 end) as to_records,
        count(case when class = 'for' then 1 end) as for_records,
        count(case when class = 'with' then 1 end) as with_records,
        {{ joined_distinct('edition_id') }} as edition_ids
    from of_areas
    group by area_type, area_code, period_start, period_end
),

of_classes as (
    {%- for class in ['to', 'for', 'with'] %}
    select
        counted.*,
        '{{ class }}' as class,
        {{ class }}_records as records
    from counted
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    area_code,
    area_type,
    class,
    records,
    classified_records,
    all_records,
    -- Ten records at least, as for the indicator: a share of two says nothing.
    case
        when classified_records >= 10
            then cast(records as double) / nullif(classified_records, 0)
    end as share,
    case
        when classified_records >= 10
            then cast(weak_records as double) / nullif(classified_records, 0)
    end as weak_share,
    cast(all_records - classified_records as double) / nullif(all_records, 0)
        as unclassified_share,
    judged_by_both,
    cast(agreeing as double) / nullif(judged_by_both, 0) as agreement_share,
    self_rated,
    cast(rated_higher as double) / nullif(self_rated, 0) as self_rating_higher_share,
    period_start,
    period_end,
    case
        when classified_records >= 10
            then {{ typology_index('to_records', 'for_records', 'with_records') }}
    end as coproduction_index,
    'engagement_typology|' || edition_ids as lineage_id
from of_classes
