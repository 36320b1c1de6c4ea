{#
    Two-sided quantile of Student's t distribution with whole degrees of freedom.
    Up to nine the exact values stand as constants; from ten on the distance from the normal
    quantile z is a polynomial in the inverse degrees of freedom,
        t = z + c1 v + c2 v^2 + ... + c8 v^8,   v = 10 / degrees of freedom
    Source: the expansion in inverse powers of Abramowitz M and Stegun IA, Handbook of
    Mathematical Functions (1964), 26.7.5, whose own coefficients need some 700 degrees of freedom
    for nine digits. These were interpolated at the eight Chebyshev nodes of 0 < v <= 1 in 40
    digits; the error is below 1e-12 of t (docs/decisions/2026-11-25-student-t-as-an-expression.md).
    Spark's floor is a whole number of 64 bits, hence the cap.
#}
{%- macro student_t_quantile(degrees_of_freedom, confidence) -%}
{%- set exact_quantiles = {
    0.95: [
        12.706204736174705, 4.302652729749464, 3.1824463052837095, 2.7764451051977943,
        2.5705818356363155, 2.44691185114497, 2.3646242515927853, 2.3060041352041667,
        2.2621571627982053,
    ],
    0.998: [
        318.30883898555044, 22.327124770119877, 10.214531852407386, 7.1731822197823085,
        5.89342953135601, 5.207626238725363, 4.785289628638334, 4.500790933723724,
        4.296805662729919,
    ],
} -%}
{%- set coefficients = {
    0.95: [
        '2.372271230297411e-1', '2.8224986172141767e-2', '2.555849369275135e-3',
        '1.5895589500554985e-4', '7.31916514362221e-6', '6.484605498950791e-7',
        '-1.1685012610651536e-8', '-2.9607256738886397e-9',
    ],
    0.998: [
        '8.150129013508828e-1', '1.9692528935578188e-1', '3.615404315437916e-2',
        '4.857443298138975e-3', '4.71301053848821e-4', '4.128854795414976e-5',
        '5.632022485417602e-6', '2.890956688020414e-7',
    ],
} -%}
{%- set z = normal_quantile(confidence) -%}
{%- set df = "cast(" ~ degrees_of_freedom ~ " as double)" -%}
{%- set v = "(10e0 / nullif(" ~ df ~ ", 0e0))" -%}
case
    {%- for quantile in exact_quantiles[confidence] %}
    when {{ df }} = {{ loop.index }} then {{ quantile }}e0
    {%- endfor %}
    when
        {{ df }} between 10 and 1e15
        and {{ df }} = floor({{ df }})
        then {{ z }}
            {%- for coefficient in coefficients[confidence] %} + {{ v }} * (
                {{- coefficient }}{% endfor %}{{ ')' * 8 }}
end
{%- endmacro -%}
