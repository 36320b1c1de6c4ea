-- Built from the .yml beside each indicator model, so that documentation cannot drift from code.
{%- set texts = [
    'title', 'component', 'definition', 'why_it_matters', 'numerator_description',
    'denominator_description', 'unit', 'polarity', 'grains', 'cadence', 'method',
    'disclosure_class', 'status', 'source', 'authored_by', 'checked_by', 'reviewed_with_people',
    'date_reviewed', 'next_review', 'change_log', 'benchmark', 'rolls_up_from', 'spc_series',
] %}
{%- set described = namespace(nodes=[]) %}
{%- if execute %}
{%- for node in graph.nodes.values() | sort(attribute='name') %}
{%- if node.resource_type == 'model' and node.config.meta.indicator_id %}
{%- do described.nodes.append(node) %}
{%- endif %}
{%- endfor %}
{%- endif %}

with catalogue as (
    {%- for node in described.nodes %}
    {%- set meta = node.config.meta %}
    select
        '{{ meta.indicator_id }}' as indicator_id,
        {%- for name in texts %}
        {%- set text = meta.get(name) %}
        {%- if text is sequence and text is not string %}
        {%- set text = text | join(', ') %}
        {%- endif %}
        {%- set quoted = "'" ~ (text | string | replace("'", "''")) ~ "'" %}
        {{ quoted if text else 'cast(null as string)' }} as {{ name }},
        {%- endfor %}
        cast({{ meta.multiplier or 1 }} as double) as multiplier,
        cast({{ meta.minimum_base or 0 }} as bigint) as minimum_base,
        cast({{ meta.minimum_coverage or 0 }} as double) as minimum_coverage,
        {{ 'true' if meta.complete_enumeration else 'false' }} as is_complete_enumeration,
        '{{ node.name }}' as model
    {{ 'union all' if not loop.last }}
    {%- else %}
    select
        cast(null as string) as indicator_id,
        {%- for name in texts %}
        cast(null as string) as {{ name }},
        {%- endfor %}
        cast(null as double) as multiplier,
        cast(null as bigint) as minimum_base,
        cast(null as double) as minimum_coverage,
        cast(null as boolean) as is_complete_enumeration,
        cast(null as string) as model
    where false
    {%- endfor %}
)

select
    indicator_id,
    {%- for name in texts %}
    {{ name }},
    {%- endfor %}
    case component
        when 'SDM' then 'Shared decision making'
        when 'PCSP' then 'Personalised care and support planning'
        when 'CHO' then 'Choice'
        when 'SP' then 'Social prescribing'
        when 'SSM' then 'Supported self-management'
        when 'PHB' then 'Personal health budgets'
        when 'WF' then 'Workforce'
        when 'OUT' then 'Outcomes and experience'
        when 'INQ' then 'Inequalities'
        when 'E1' then 'Lived experience on decision-making groups'
        when 'E2' then 'Literacy of community'
        when 'E3' then 'Social capital'
        when 'E4' then 'People in scoping, design and delivery'
        when 'TYP' then 'Done to, for or with people'
    end as component_name,
    multiplier,
    minimum_base,
    minimum_coverage,
    is_complete_enumeration,
    model
from catalogue
