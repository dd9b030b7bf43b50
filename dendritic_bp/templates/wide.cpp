{# Small groups are left alone: what does not fill a vector is computed one by one. How many synapses there are is not known. #}
{% if variables["N"].value is defined and variables["N"].value >= 500 %}
// Vectors of 512 bits, where the processor has them: GCC would take 256.
#if defined(__AVX512F__) && !defined(__clang__)
#pragma GCC {{ "push_options" if begins else "pop_options" }}
{% if begins %}
#pragma GCC target("prefer-vector-width=512")
{% endif %}
#endif
{% endif %}
