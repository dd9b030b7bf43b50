{# USES_VARIABLES { N } #}
{% extends 'common_group.cpp' %}

{% block extra_headers %}{% set begins = true %}{% include 'wide.cpp' %}{% endblock %}
{% block extra_functions_cpp %}{% set begins = false %}{% include 'wide.cpp' %}{% endblock %}

{% block maincode %}
    // scalar code
    const size_t _vectorisation_idx = -1;
    {{scalar_code|autoindent}}

    // One byte for each cell, one bit for each event; the rest of the last word stays 0.
    const int _N = N;
    const int _begin = control::first_cell, _end = std::min(_N, control::last_cell);
    alignas(64) static uint64_t _words[{{(variables["N"].get_value() + 7) // 8}}];
    unsigned char* const _found = reinterpret_cast<unsigned char*>(_words);
    #pragma GCC ivdep
    for (int _idx = _begin; _idx < _end; _idx++)
    {
        // vector code
        const size_t _vectorisation_idx = _idx;
        {{vector_code|autoindent}}
        _found[_idx] = {% for event in spaces -%}
            {{" | " if not loop.first}}_is_{{event}} << {{loop.index0}}
        {%- endfor %};
    }

    if (control::last_cell <= _N)
        return;  // a chunk: what was found is collected after the last one
    {% for event, space in spaces.items() %}
    int32_t* const _space_{{event}} = {{get_array_name(space)}};
    int32_t _n_{{event}} = 0;
    {% endfor %}
    // Cells are written down in any case, and counted if the event is theirs: guessing wrong would cost more.
    for (int _word = 0; _word < (_N + 7) / 8; _word++)
        for (uint64_t _left = _words[_word]; _left != 0;)
        {
            const int _byte = __builtin_ctzll(_left) / 8, _idx = 8 * _word + _byte;
            _left &= ~(uint64_t(255) << (8 * _byte));
            {% for event in spaces %}
            _space_{{event}}[_n_{{event}}] = _idx;
            _n_{{event}} += (_found[_idx] >> {{loop.index0}}) & 1;
            {% endfor %}
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
