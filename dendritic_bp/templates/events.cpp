{# USES_VARIABLES { N } #}
{% extends 'common_group.cpp' %}

{% block maincode %}
    // scalar code
    const size_t _vectorisation_idx = -1;
    {{scalar_code|autoindent}}

    // One byte for each cell, one bit for each event; the rest of the last word stays 0.
    const int _N = N;
    static uint64_t _words[{{(variables["N"].get_value() + 7) // 8}}];
    unsigned char* const _found = reinterpret_cast<unsigned char*>(_words);
    #pragma GCC ivdep
    for (int _idx = 0; _idx < _N; _idx++)
    {
        // vector code
        const size_t _vectorisation_idx = _idx;
        {{vector_code|autoindent}}
        _found[_idx] = {% for event in spaces -%}
            {{" | " if not loop.first}}(_is_{{event}} ? {{2 ** loop.index0}} : 0)
        {%- endfor %};
    }

    {% for event, space in spaces.items() %}
    int32_t* const _space_{{event}} = {{get_array_name(space)}};
    int32_t _n_{{event}} = 0;
    {% endfor %}
    for (int _word = 0; _word < (_N + 7) / 8; _word++)
    {
        if (_words[_word] == 0)
            continue;
        for (int _idx = 8 * _word; _idx < 8 * _word + 8; _idx++)
        {
            {% for event in spaces %}
            if (_found[_idx] & {{2 ** loop.index0}})
                _space_{{event}}[_n_{{event}}++] = _idx;
            {% endfor %}
        }
    }
    {% for event in spaces %}
    _space_{{event}}[_N] = _n_{{event}};
    {% endfor %}
{% endblock %}

{% block after_code %}
    {% for space in spaces.values() %}
    {{get_array_name(space)}}[N] = 0;
    {% endfor %}
{% endblock %}
