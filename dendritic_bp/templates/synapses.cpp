{# USES_VARIABLES { _synaptic_pre } #}
{% extends 'common_synapses.cpp' %}

{% block maincode %}
    // scalar code
    const size_t _vectorisation_idx = -1;
    {{scalar_code|autoindent}}

    // Brian2 writes down all synapses that are reached before it goes through them.
    for (const int32_t _arrived : {{pathway.name}}.arriving())
    {
        const Fan _reached = {{pathway.name}}.fan(_arrived);
        for (int _k = 0; _k < _reached.number; _k++)
        {
            const size_t _idx = {{pathway.name}}.synapse(_reached, _k);
            const size_t _vectorisation_idx = _idx;
            {{vector_code|autoindent}}
        }
    }
{% endblock %}
