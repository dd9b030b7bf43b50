// The whole state of a network, into a file and back: arrays, spikes under way, random numbers.
// The file: a line that names the format, a line of JSON, the state in binary, END, and a sum of all before END.
#include <type_traits>

namespace control {

// An archive writes, or reads into place.
template <class T> void carry(Archive &archive, const char *name, T *values, size_t size)
{
    if (archive.count(name, size) != size)
        fail(std::string("The state holds another number of ") + name + ".");
    archive.bytes(name, values, size * sizeof(T));
}

template <class T> void carry(Archive &archive, const char *name, std::vector<T> &values)
{
    values.resize(archive.count(name, values.size()));
    archive.bytes(name, values.data(), values.size() * sizeof(T));
}

void carry(Archive &archive, const char *name, SynapticPathway &pathway)
{
    const size_t steps = archive.count(name, pathway.coming.size());
    pathway.ensure_delay(int(steps) - 1);
    for (size_t k = 0; k < steps; k++)
        carry(archive, name, pathway.coming[(pathway.offset + k) % pathway.coming.size()]);
}

void carry_random(Archive &archive)
{
    using Generator = brian::RandomGenerator;
    static_assert(std::is_trivially_copyable<Generator>::value, "The random numbers cannot be carried.");
    carry(archive, "random numbers", brian::_random_generators.data(), brian::_random_generators.size());
}

void carry_arrays(Archive &archive);
void carry_pathways(Archive &archive);
void start_time();

const std::string FORMAT = "dendritic_bp state 1\n";
Reader *reader = nullptr;  // from restore_arrays to restore_pathways

bool continues() { return argument("state") != ""; }

// Delays and wiring come first: the pathways are prepared from them before they take the spikes under way.
void restore_arrays()
{
    reader = new Reader(argument("state"));
    carry_arrays(*reader);
    carry_random(*reader);
    start_time();
}

// Brian2 compiles in when a run after the first begins; in a later piece of a chain this is later.
void restart(Clock &clock, double t)
{
    if (!continues())
        return;
    clock.set_interval(t, t);
    clock.t[0] = clock.timestep[0] * clock.dt[0];
}

void restore_pathways()
{
    carry_pathways(*reader);
    reader->close();
}

void keep_state()
{
    if (argument("keep_state") == "")
        return;
    check_finite();
    std::string start = FORMAT + argument("header") + "\n";
    Writer writer(argument("keep_state"));
    writer.bytes("header", &start[0], start.size());
    carry_arrays(writer);
    carry_random(writer);
    carry_pathways(writer);
    writer.close();
}

}  // namespace control
