{# Small groups are left alone: what does not fill a vector is computed one by one. #}
{% if variables["N"].get_value() >= 500 %}
// Vectors of 512 bits, where the processor has them: GCC would take 256.
#if defined(__AVX512F__) && !defined(__clang__)
#pragma GCC target("prefer-vector-width=512")
#endif
{% endif %}
