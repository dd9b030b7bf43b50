{# USES_VARIABLES { N } #}
{# ALLOWS_SCALAR_WRITE #}
{% extends 'common_group.cpp' %}

{% block extra_headers %}{% set begins = true %}{% include 'wide.cpp' %}{% endblock %}
{% block extra_functions_cpp %}{% set begins = false %}{% include 'wide.cpp' %}{% endblock %}

{% block before_code %}
    // From the first compartment that has the channel to the last, and on to whole vectors of four: the rest
    // of a vector costs more by itself.
    int32_t _first, _last;
    {% for name, densities in parts.items() %}
    _first = 0;
    _last = N;
    {% if densities %}
    while (_first < _last
           {%- for each in densities %} && {{get_array_name(variables[each])}}[_first] == 0{% endfor %})
        _first++;
    while (_first < _last
           {%- for each in densities %} && {{get_array_name(variables[each])}}[_last - 1] == 0{% endfor %})
        _last--;
    for (; (_last - _first) % 4 != 0 && _last < N; _last++);
    for (; (_last - _first) % 4 != 0 && _first > 0; _first--);
    {% endif %}
    {{_reach}}[{{2 * loop.index0}}] = _first;
    {{_reach}}[{{2 * loop.index0 + 1}}] = _last;
    {% endfor %}
{% endblock %}

{% block maincode %}
    {% for name in parts %}
    {
        // {{name}}
        const size_t _vectorisation_idx = -1;
        {{scalar_code[name]|autoindent}}
        const int _first = {{_reach}}[{{2 * loop.index0}}], _last = {{_reach}}[{{2 * loop.index0 + 1}}];
        #pragma GCC ivdep
        for (int _idx = _first; _idx < _last; _idx++)
        {
            const size_t _vectorisation_idx = _idx;
            {{vector_code[name]|autoindent}}
        }
    }
    {% endfor %}
{% endblock %}
