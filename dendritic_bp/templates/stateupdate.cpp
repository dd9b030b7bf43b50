{# USES_VARIABLES { N } #}
{# ALLOWS_SCALAR_WRITE #}
{% extends 'common_group.cpp' %}

{% block extra_headers %}{% set begins = true %}{% include 'wide.cpp' %}{% endblock %}
{% block extra_functions_cpp %}{% set begins = false %}{% include 'wide.cpp' %}{% endblock %}

{% block maincode %}
    // scalar code
    const size_t _vectorisation_idx = -1;
    {{scalar_code|autoindent}}

    const int _N = {{constant_or_scalar('N', variables['N'])}};
    const int _begin = control::first_cell, _end = std::min(_N, control::last_cell);
    {% if apart %}
    // What is read of other cells is not written here, and no two arrays overlap, which the compiler cannot know.
    #pragma GCC ivdep
    {% endif %}
    {{openmp_pragma('parallel-static')}}
    for (int _idx = _begin; _idx < _end; _idx++)
    {
        // vector code
        const size_t _vectorisation_idx = _idx;
        {{vector_code|autoindent}}
    }
{% endblock %}
