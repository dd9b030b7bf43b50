// Archives: a file of numbers, closed by a sum of all its bytes, and the same file read back.
#include <cerrno>
#include <cstdlib>

namespace control {

const std::string END = "\nend of state\n";

[[noreturn]] void fail(const std::string &message)
{
    std::fprintf(stderr, "%s", message.c_str());
    std::fflush(stderr);
    _exit(1);
}

#pragma GCC push_options
#pragma GCC optimize("O2")  // the rest is compiled without
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
#pragma GCC pop_options

// Either direction of one list of what there is.
struct Archive {
    virtual void bytes(const char *name, void *data, size_t size) = 0;
    virtual size_t count(const char *name, size_t count) = 0;
};

class Writer : public Archive {
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

class Reader : public Archive {
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

}  // namespace control
