{#
    Two-sided quantiles of the standard normal distribution, the multiplier in every interval here.
    Source: the two confidence levels of Fingertips and PHEindicatormethods (95 % and 99.8 %).
    The exponent makes the literal a double: without it both engines read a fixed-point decimal.
#}
{%- macro normal_quantile(confidence) -%}
{%- if confidence == 0.95 -%}
1.959963984540054e0
{%- elif confidence == 0.998 -%}
3.090232306167813e0
{%- else -%}
{{ exceptions.raise_compiler_error("confidence must be 0.95 or 0.998, not " ~ confidence) }}
{%- endif -%}
{%- endmacro -%}
