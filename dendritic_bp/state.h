// The whole state of a network, into a file and back: arrays, spikes under way, random numbers.
// The file: a line that names the format, a line of JSON, the state in binary, END, and a sum of all before END.
#include <cerrno>
#include <cstdlib>
#include <type_traits>

namespace control {

const std::string FORMAT = "dendritic_bp state 1\n", END = "\nend of state\n";

[[noreturn]] void fail(const std::string &message)
{
    std::fprintf(stderr, "%s", message.c_str());
    std::fflush(stderr);
    _exit(1);
}

// A sum of 8 bytes at a time that no single change of them leaves as it is.
class Sum {
    uint64_t value = 14695981039346656037ull;
    char rest[8] = {};
    size_t held = 0;

    void mix(const char *word)
    {
        uint64_t number;
        std::memcpy(&number, word, 8);
        value = (value ^ number) * 1099511628211ull;
        value ^= value >> 32;
    }

public:
    void add(const void *data, size_t size)
    {
        const char *at = static_cast<const char *>(data), *const end = at + size;
        while (held > 0 && at < end) {
            rest[held++] = *at++;
            if (held == 8)
                mix(rest), held = 0;
        }
        for (; end - at >= 8; at += 8)
            mix(at);
        while (at < end)
            rest[held++] = *at++;
    }

    uint64_t total()
    {
        if (held > 0)
            std::memset(rest + held, 0, 8 - held), mix(rest), held = 0;
        return value;
    }
};

class Writer {
    const std::string path;
    FILE *const file;
    Sum sum;

    void require(bool good)
    {
        if (!good)
            fail("The state cannot be written to " + path + ": " + std::strerror(errno) + ".");
    }

    void put(const void *data, size_t size) { require(std::fwrite(data, 1, size, file) == size); }

public:
    Writer(const std::string &path) : path(path), file(std::fopen(path.c_str(), "wb")) { require(file); }

    void bytes(const char *, void *data, size_t size)
    {
        sum.add(data, size);
        put(data, size);
    }

    size_t count(const char *name, size_t count)
    {
        uint64_t number = count;
        bytes(name, &number, sizeof number);
        return count;
    }

    void close()
    {
        const uint64_t total = sum.total();
        put(END.data(), END.size());
        put(&total, sizeof total);
        require(std::fclose(file) == 0);
    }
};

class Reader {
    const std::string path;
    FILE *const file;

public:
    Reader(const std::string &path) : path(path), file(std::fopen(path.c_str(), "rb"))
    {
        if (!file)
            fail("The state " + path + " cannot be read: " + std::strerror(errno) + ".");
        if (stated() != summed())
            fail("The state " + path + " is damaged: take a copy of it, or go on from an earlier one.");
        std::rewind(file);
        for (int lines = 0; lines < 2;)
            lines += std::fgetc(file) == '\n';
    }

    void bytes(const char *name, void *data, size_t size)
    {
        if (std::fread(data, 1, size, file) != size)
            fail("The state " + path + " ends before " + name + ".");
    }

    size_t count(const char *name, size_t)
    {
        uint64_t number;
        bytes(name, &number, sizeof number);
        return number;
    }

    void close() { std::fclose(file); }

private:
    uint64_t stated()
    {
        uint64_t total = 0;
        std::fseek(file, -long(sizeof total), SEEK_END);
        bytes("its end", &total, sizeof total);
        return total;
    }

    uint64_t summed()
    {
        Sum sum;
        std::vector<char> block(1 << 20);
        long left = std::ftell(file) - long(sizeof(uint64_t) + END.size());
        std::rewind(file);
        for (size_t size; left > 0; left -= size) {
            size = std::min(size_t(left), block.size());
            bytes("its end", block.data(), size);
            sum.add(block.data(), size);
        }
        return sum.total();
    }
};

// One list of what there is serves both directions: an archive writes, or reads into place.
template <class Archive, class T> void carry(Archive &archive, const char *name, T *values, size_t size)
{
    if (archive.count(name, size) != size)
        fail(std::string("The state holds another number of ") + name + ".");
    archive.bytes(name, values, size * sizeof(T));
}

template <class Archive, class T> void carry(Archive &archive, const char *name, std::vector<T> &values)
{
    values.resize(archive.count(name, values.size()));
    archive.bytes(name, values.data(), values.size() * sizeof(T));
}

template <class Archive> void carry(Archive &archive, const char *name, SynapticPathway &pathway)
{
    for (CSpikeQueue *each : pathway.queue) {
        const size_t steps = archive.count(name, each->queue.size());
        each->ensure_delay(int(steps) - 1);
        for (size_t k = 0; k < steps; k++)
            carry(archive, name, each->queue[(each->offset + k) % each->queue.size()]);
    }
}

template <class Archive> void carry_random(Archive &archive)
{
    using Generator = brian::RandomGenerator;
    static_assert(std::is_trivially_copyable<Generator>::value, "The random numbers cannot be carried.");
    carry(archive, "random numbers", brian::_random_generators.data(), brian::_random_generators.size());
}

template <class Archive> void carry_arrays(Archive &archive);
template <class Archive> void carry_pathways(Archive &archive);
void start_time();

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
