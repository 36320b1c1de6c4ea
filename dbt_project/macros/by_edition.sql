{#
    Models that are built edition by edition: all of models/staging/by_edition. Beside each lies a
    table of the editions in use that it was built of. An edition has changed that came, went or
    was evaluated anew since: its rows are taken out and made again, all others stay as they lie.
    Rows and that table change in one transaction.

    Each model keeps one of two rules, which make it that of all editions: a row is made of rows of
    one edition alone, or the model has a unique_key, and makes every key anew of which a changed
    edition has or had a row (held against builds of nothing: tests/integration,
    test_built_by_edition.py).
#}

{#
    A filter of raw rows, by a query for editions. They are named one by one: over a subquery DuckDB
    may read all files first, over names it sees at the end of each file that none of its rows is
    wanted (2026-11-28).
#}
{% macro only_editions(query) -%}
    {%- set names = run_query(query).columns[0].values() | unique | sort -%}
    where {% if names %}edition_id in ('{{ names | join("', '") }}'){% else %}false{% endif -%}
{%- endmacro %}

{#
    The editions that changed since the model was built: of an extract, or of all. Where nothing says
    what it was built of, they are all that it can be built of and all that it has rows of.
#}
{% macro changed_editions(extract=none) -%}
    {%- set columns = 'extract, edition_id, identity' -%}
    {%- set in_use = 'select ' ~ columns ~ ' from ' ~ editions_to_build_of() -%}
    {%- set built_of = 'select ' ~ columns ~ ' from ' ~ editions_built_of() -%}
    {%- if load_relation(editions_built_of()) is none -%}
    select edition_id from {{ editions_to_build_of() }} as in_use union distinct select edition_id from {{ this }}
    {%- else -%}
    select edition_id
    from (({{ in_use }} except {{ built_of }}) union all ({{ built_of }} except {{ in_use }})) as changed
    {%- if extract %}
    where extract = '{{ extract }}'
    {%- endif %}
    {%- endif %}
{%- endmacro %}

{# The table of the editions that a model was built of. #}
{% macro editions_built_of(model_built=this) -%}
    {{ return(model_built.incorporate(path={'identifier': model_built.identifier ~ '_editions'})) }}
{%- endmacro %}

{#
    The editions that a model can be built of now: those in use, or where it reads another model of
    these, those which that one was built of. It may be built alone, when the other lacks the newest.
#}
{% macro editions_to_build_of() -%}
    {%- set parents = [] -%}
    {%- for id in model.depends_on.nodes if execute and id in graph.nodes -%}
        {%- if graph.nodes[id].config.incremental_strategy == 'by_edition' -%}
            {%- do parents.append(graph.nodes[id].name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if parents | length > 1 -%}
        {{ exceptions.raise_compiler_error('built edition by edition, but of more than one such model') }}
    {%- elif parents -%}
        {{ return(editions_built_of(ref(parents[0]))) }}
    {%- endif -%}
    {{ return('(select * from ' ~ source('ledger', 'editions') ~ ' where is_in_use)') }}
{%- endmacro %}

{#
    dbt's incremental strategy by_edition. What dbt knows as delete+insert leaves the rows of
    editions that went, and of those that have none any more.
#}
{% macro get_incremental_by_edition_sql(arguments) -%}
    delete from {{ arguments['target_relation'] }} where edition_id in ({{ changed_editions() }});
    {{ get_incremental_delete_insert_sql(arguments) }}
{%- endmacro %}
