{# The measures of a row of counts of people, in the order of their numbers. #}
{% macro people_measures() %}{{ return(['numerator', 'denominator', 'complement']) }}{% endmacro %}

{#
    The number of a count in tonight's build: of a row by its number and of a measure by its name.
    Names of counts have a hundred letters, and relations name counts 33 million times for England.
#}
{% macro cell_number(row_number, measure) -%}
{%- set measures = people_measures() -%}
({{ row_number }} * {{ measures | length }} + {{ measures.index(measure) }})
{%- endmacro %}

{# The number of the count that another row has of the same measure. #}
{% macro cell_number_of_row(cell_number, row_number, other_row_number) -%}
({{ cell_number }} + ({{ other_row_number }} - {{ row_number }}) * {{ people_measures() | length }})
{%- endmacro %}

{#
    The number of a relation: after the count that it is called by, and what is said of it. Of two
    names for one count there can be several, which come last.
#}
{% macro relation_number(cell_number, tie) -%}
{%- set ties = [
    'practices', 'organisations', 'programmes', 'categories', 'with_and_without', 'seen', 'new',
    'same',
] -%}
({{ cell_number }} * 1000 + {{ ties.index(tie) }})
{%- endmacro %}
