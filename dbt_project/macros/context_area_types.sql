{#- The type of an area by the first characters of its ONS code; null outside England. -#}
{%- macro ons_area_type(area_code) -%}
case
            when {{ area_code }} = 'E92000001' then 'england'
            when substr({{ area_code }}, 1, 3) = 'E12' then 'region'
            when substr({{ area_code }}, 1, 3) = 'E10' then 'county'
            when substr({{ area_code }}, 1, 3) in ('E06', 'E07', 'E08', 'E09') then 'local_authority'
        end
{%- endmacro %}

{#- The type of an area by what Fingertips calls it, whatever generation; null for practices. -#}
{%- macro fingertips_area_type(area_type) -%}
case
            when {{ area_type }} = 'England' then 'england'
            when lower({{ area_type }}) like 'icb%' then 'icb'
            when lower({{ area_type }}) like '%region%' then 'region'
            when lower({{ area_type }}) like 'county%' or lower({{ area_type }}) like 'counties%'
                then 'county_or_unitary_authority'
            when lower({{ area_type }}) like 'district%' then 'local_authority'
        end
{%- endmacro %}
