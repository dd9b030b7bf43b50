// Control of a compiled network from outside: seed, values, progress, finite numbers, end with the parent.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <limits>
#include <unistd.h>

void set_from_command_line(const std::vector<std::string> args);

namespace control {

std::vector<std::string> arguments;  // each "name=value"
OF_A_THREAD int first_cell = 0, last_cell = std::numeric_limits<int>::max();  // that a pass goes through: see passes.py
const pid_t parent = getppid();
const double *now = nullptr;  // simulated time, s

std::string argument(const std::string &name)
{
    const std::string key = name + "=";
    for (const auto &each : arguments)
        if (each.compare(0, key.size(), key) == 0)
            return each.substr(key.size());
    return "";
}

// When this run begins, s: not at 0 if it goes on from the state of another.
double begin()
{
    return argument("begin") == "" ? 0.0 : std::stod(argument("begin"));
}

bool is_active(const std::string &monitor)
{
    const std::string told = argument(monitor + ".active");
    return told == "" || std::stod(told) != 0;
}

void start(const std::vector<std::string> &args)
{
    arguments = args;
    const unsigned long seed = std::stoul(argument("seed"));
    for (size_t k = 0; k < brian::_random_generators.size(); k++) {
        brian::RandomGenerator &generator = brian::_random_generators[k];
        std::memset(&generator, 0, sizeof generator);  // bytes that seed() leaves alone are part of the state
        generator.seed(seed + k);
    }
}

void set_values(std::initializer_list<const char *> names)
{
    for (const std::string name : names)
        if (argument(name) != "")
            set_from_command_line({name + "=" + argument(name)});
}

#pragma GCC push_options
#pragma GCC optimize("O2")  // the rest is compiled without
// Bits, not std::isfinite: that is compiled away under -ffinite-math-only. A number of 8 bytes ends the run from
// 2^511 (7e153) on: its square would be the first that is none, in whatever reads the results.
inline bool finite(double x)
{
    uint64_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    return (bits & 0x7ff0000000000000ull) < (1023ull + 511) << 52;
}

inline bool finite(float x)
{
    uint32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    return (~bits & 0x7f800000u) != 0;
}

template <class T> void require_finite(const char *name, const T *values, size_t size)
{
    for (size_t k = 0; k < size; k++)
        if (!finite(values[k])) {
            std::fprintf(stderr, "%s[%zu] is %g at t = %g s", name, k, double(values[k]), now ? *now : 0.0);
            std::fflush(stderr);
            _exit(1);
        }
}
#pragma GCC pop_options

// Limits on what may change while a network runs: a cell that was outside one has left a mark.
inline void require_none(const char *limit, const char *outside, size_t size)
{
    for (size_t k = 0; k < size; k++)
        if (outside[k]) {
            std::fprintf(stderr, "%s %zu, before t = %g s", limit, k, now ? *now : 0.0);
            std::fflush(stderr);
            _exit(1);
        }
}

// Delays that a run draws are rounded to time steps by Brian2, and may have 4 bytes.
template <class T> void require_delays(const char *name, const std::vector<T> &delays, double longest)
{
    const double rounding = std::numeric_limits<T>::epsilon() + 1e-9;
    for (size_t k = 0; k < delays.size(); k++) {
        const double d = delays[k];
        if (d >= 0 && d <= longest*(1 + rounding))
            continue;
        std::fprintf(stderr, "%s[%zu] is %g s: a delay is not negative", name, k, d);
        if (longest < 1e300)
            std::fprintf(stderr, ", and at most %g s, as this synapse reads what its sender was (delay=)", longest);
        std::fflush(stderr);
        _exit(1);
    }
}

void check_finite();
void check_expressions();
void check_delays();

void check_all()
{
    check_finite();
    check_expressions();
}

// Called every step; the clock is read every 64th, so that this costs a few nanoseconds.
void tick()
{
    static unsigned long steps = 0, beats = 0;
    static const double first = begin();
    static auto next = std::chrono::steady_clock::now();
    if (++steps % 64 != 0 || std::chrono::steady_clock::now() < next)
        return;
    next = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
    if (getppid() != parent)
        _exit(1);
    if (beats++ % 5 == 0)
        check_all();
    std::printf("progress %g\n", *now - first);
    std::fflush(stdout);
}

// Peak memory of this program; that of getrusage() would include the process which started it.
void report_memory()
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.compare(0, 6, "VmHWM:") == 0)
            std::printf("memory %ld\n", std::stol(line.substr(6)));
}

}  // namespace control
