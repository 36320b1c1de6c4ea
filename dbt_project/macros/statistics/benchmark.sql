{#
    Judgement of an interval against a benchmark value: wholly above, wholly below, or similar.
    Source: the single-interval comparison of Fingertips (FingertipsNext,
    BenchmarkComparisonEngine). A limit that touches the benchmark is similar. Polarity says which
    way is good; where neither is, the words are higher and lower. An unknown polarity gives no
    judgement at all.
#}
{%- macro compare_with_benchmark(lower, upper, benchmark, polarity) -%}
{%- set low = "cast(" ~ lower ~ " as double)" -%}
{%- set high = "cast(" ~ upper ~ " as double)" -%}
{%- set reference = "cast(" ~ benchmark ~ " as double)" -%}
case
    when
        {{ is_finite_number(lower) }}
        and {{ is_finite_number(upper) }}
        and {{ is_finite_number(benchmark) }}
        and {{ low }} <= {{ high }}
        and ({{ polarity }}) in ('high', 'low', 'none')
        then
            case
                when {{ low }} > {{ reference }}
                    then case ({{ polarity }})
                        when 'high' then 'better' when 'low' then 'worse' else 'higher'
                    end
                when {{ high }} < {{ reference }}
                    then case ({{ polarity }})
                        when 'high' then 'worse' when 'low' then 'better' else 'lower'
                    end
                else 'similar'
            end
end
{%- endmacro -%}
