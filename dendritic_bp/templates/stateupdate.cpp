{# USES_VARIABLES { N } #}
{# ALLOWS_SCALAR_WRITE #}
{% extends 'common_group.cpp' %}

{% block maincode %}
    // scalar code
    const size_t _vectorisation_idx = -1;
    {{scalar_code|autoindent}}

    const int _N = {{constant_or_scalar('N', variables['N'])}};
    {% if apart %}
    // What is read of other cells is not written here, which the compiler cannot know.
    #pragma GCC ivdep
    {% endif %}
    {{openmp_pragma('parallel-static')}}
    for (int _idx = 0; _idx < _N; _idx++)
    {
        // vector code
        const size_t _vectorisation_idx = _idx;
        {{vector_code|autoindent}}
    }
{% endblock %}
