{#
    Icon of variation: what a special cause of an XmR chart means for the measure.
    Source: NHS England, Making Data Count. The icon of a chart is that of its last point.
    special_cause and direction come from `xmr_chart`; where neither way is good it is neutral.
    Nothing is said without a judgement or with an unknown polarity.
#}
{%- macro variation_icon(special_cause, direction, polarity) -%}
case
    when coalesce(({{ polarity }}), '') not in ('high', 'low', 'none')
        then cast(null as string)
    when ({{ special_cause }}) = 'common_cause' then 'common'
    when ({{ polarity }}) = 'none' then 'neutral_' || ({{ direction }})
    when ({{ polarity }}) = ({{ direction }}) then 'improvement_' || ({{ direction }})
    when ({{ polarity }}) <> ({{ direction }}) then 'concern_' || ({{ direction }})
end
{%- endmacro -%}


{#-
    Icon of assurance: whether the process, left as it is, will meet its target. Limits wholly on
    the good side pass, wholly on the other fail, and a target between or on them is met and missed
    by chance. Where neither way is good, or without a target, there is none.
-#}
{%- macro assurance_icon(lower_limit, upper_limit, target, polarity) -%}
{%- set low = "cast(" ~ lower_limit ~ " as double)" -%}
{%- set high = "cast(" ~ upper_limit ~ " as double)" -%}
{%- set aim = "cast(" ~ target ~ " as double)" -%}
case
    when
        {{ is_finite_number(lower_limit) }}
        and {{ is_finite_number(upper_limit) }}
        and {{ is_finite_number(target) }}
        and {{ low }} <= {{ high }}
        and ({{ polarity }}) in ('high', 'low')
        then
            case
                when {{ low }} > {{ aim }}
                    then case ({{ polarity }}) when 'high' then 'pass' else 'fail' end
                when {{ high }} < {{ aim }}
                    then case ({{ polarity }}) when 'high' then 'fail' else 'pass' end
                else 'inconsistent'
            end
end
{%- endmacro -%}
