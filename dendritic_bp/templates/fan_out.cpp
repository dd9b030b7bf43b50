{# USES_VARIABLES { _synaptic_pre } #}
{% extends 'common_synapses.cpp' %}

{% block maincode %}
    {% set own = '_%ssynaptic_idx' % pathway.prepost %}
    {% set other = '_postsynaptic_idx' if pathway.prepost == 'pre' else '_presynaptic_idx' %}
    // scalar code
    const size_t _vectorisation_idx = -1;
    {{scalar_code|autoindent}}

    for (const int32_t _arrived : {{pathway.name}}.arriving())
    {
        // what is the same for all synapses of a cell
        const int32_t {{own}} = {{pathway.name}}.sender(_arrived);
        const Fan _fan = {{pathway.name}}.fan(_arrived);
        {{by_cell[own]|autoindent}}
        {% if own not in written and 'any' not in written %}
        #pragma GCC ivdep
        {% endif %}
        for (int _k = 0; _k < _fan.number; _k++)
        {
            const size_t _idx = _fan.first + {{'' if side_by_side else '_fan.stride * '}}size_t(_k);
            const size_t _vectorisation_idx = _idx;
            const int32_t {{other}} = _fan.other + _k;
            {{by_cell[other]|autoindent}}
            {{vector_code|autoindent}}
        }
    }
{% endblock %}
