{% macro cpp_file() %}
{% endmacro %}

{% macro h_file() %}
#ifndef _BRIAN_SYNAPSES_H
#define _BRIAN_SYNAPSES_H

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <vector>

using namespace std;  // as Brian2's code expects

// The synapses that an event of a cell reaches: so many, each `stride` behind the one before. The cells at their
// other ends are `other` and those that follow it, if the wiring is regular. With a stride of 0, the synapses are
// in a list, from `first` on.
struct Fan
{
    size_t first;
    int32_t number, stride, other;
};

// What is on its way from the events of cells to synapses: cells, if all their synapses have the same delay,
// else single synapses, as -1 - their index.
class SynapticPathway
{
    vector<int> &sources;
    const vector<int> *others;
    const int begin, end;  // the cells that may send
    vector<Fan> fans;
    vector<int32_t> listed, delays;
    double dt;

    // Sort the synapses by the cell that sends, and see where each cell has them.
    void sort()
    {
        vector<size_t> starts(end - begin + 1);
        for (int source : sources)
            starts[source - begin + 1]++;
        for (int cell = 0; cell < end - begin; cell++)
            starts[cell + 1] += starts[cell];
        vector<size_t> filled(starts);
        listed.resize(sources.size());
        for (size_t k = 0; k < sources.size(); k++)
            listed[filled[sources[k] - begin]++] = int32_t(k);
        fans.resize(end - begin);
        bool needed = false;
        for (int cell = 0; cell < end - begin; cell++) {
            fans[cell] = found(starts[cell], int32_t(starts[cell + 1] - starts[cell]));
            needed = needed || fans[cell].stride == 0;
        }
        if (!needed)
            vector<int32_t>().swap(listed);
    }

    Fan found(size_t start, int32_t number) const
    {
        if (number == 0)
            return {0, 0, 1, 0};
        const int32_t *const list = &listed[start];
        const int32_t stride = number > 1 ? list[1] - list[0] : 1, other = (*others)[list[0]];
        for (int32_t k = 1; k < number; k++)
            if (list[k] - list[k - 1] != stride)
                return {start, number, 0, other};
        return {size_t(list[0]), number, stride, other};
    }

    // What is on its way when the time step changes arrives when it would have.
    void rescale(double factor)
    {
        vector<vector<int32_t>> before(size_t(coming.size() * factor) + 1);
        before.swap(coming);
        for (size_t k = 0; k < before.size(); k++)
            coming[size_t(k * factor + 0.5) % coming.size()] = before[(offset + k) % before.size()];
        offset = 0;
    }

public:
    // Brian2 from 2.11 on writes `*queue[0]` to disk; what is under way is kept by `state.h`.
    struct Nothing {
        friend ostream &operator<<(ostream &stream, const Nothing &) { return stream; }
    } nothing;
    const Nothing *const queue[1] = {&nothing};

    vector<vector<int32_t>> coming;  // what arrives in each step, from `offset` on, round and round
    size_t offset;

    SynapticPathway(vector<int> &sources, int begin, int end)
        : sources(sources), others(nullptr), begin(begin), end(end), dt(0), coming(1), offset(0)
    {
    }

    // Get to know the cells at the other ends, and the delays: one, or one for each synapse.
    template <class T> void prepare(const vector<int> &targets, const vector<T> &times, double step)
    {
        if (dt != 0 && dt != step)
            rescale(dt / step);
        dt = step;
        others = &targets;
        sort();
        delays.resize(times.size());
        for (size_t k = 0; k < times.size(); k++)
            delays[k] = int32_t(times[k] / dt + 0.5);
        if (delays.empty())
            delays.assign(1, 0);
        ensure_delay(*max_element(delays.begin(), delays.end()));
        if (count(delays.begin(), delays.end(), delays[0]) == ptrdiff_t(delays.size()))
            delays.resize(1);
    }

    void ensure_delay(int delay)
    {
        if (size_t(delay) < coming.size())
            return;
        rotate(coming.begin(), coming.begin() + offset, coming.end());
        offset = 0;
        coming.resize(delay + 1);
    }

    void advance()
    {
        coming[offset].clear();
        offset = (offset + 1) % coming.size();
    }

    // Send the events of cells, in ascending order; those outside of `begin` and `end` are not meant.
    void push(const int32_t *cells, int number)
    {
        const int32_t *const from = lower_bound(cells, cells + number, begin);
        const int32_t *const to = lower_bound(from, cells + number, end);
        if (delays.size() == 1) {
            vector<int32_t> &arriving = coming[(offset + delays[0]) % coming.size()];
            arriving.insert(arriving.end(), from, to);
            return;
        }
        for (const int32_t *cell = from; cell < to; cell++) {
            const Fan &sent = fans[*cell - begin];
            for (int k = 0; k < sent.number; k++) {
                const int32_t each = synapse(sent, k);
                coming[(offset + delays[each]) % coming.size()].push_back(-1 - each);
            }
        }
    }

    // What arrives, which cell has sent it, and which synapses it reaches, one by one.
    const vector<int32_t> &arriving() const { return coming[offset]; }
    int32_t sender(int32_t arrived) const { return arrived < 0 ? sources[-1 - arrived] : arrived; }
    Fan fan(int32_t arrived) const
    {
        return arrived < 0 ? Fan{size_t(-1 - arrived), 1, 1, (*others)[-1 - arrived]} : fans[arrived - begin];
    }
    int32_t synapse(const Fan &fan, int k) const
    {
        return fan.stride ? int32_t(fan.first + size_t(fan.stride) * k) : listed[fan.first + k];
    }
};

#endif
{% endmacro %}
