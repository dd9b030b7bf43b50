"""How the arrays of a program take values, and leave results in one file.

Brian2 writes many lines for each, and a file: compilers and file systems take long for hundreds of them.
The file: one array behind the other, then a table ("NAME BYTES" on a line each), then its length in 8 bytes.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from brian2.core.variables import DynamicArrayVariable

FILE = "results.bin"
LEAVING = """\
class Results {
    const std::string path;
    std::FILE *const file;
    std::string table;

    void require(bool good)
    {
        if (good)
            return;
        std::fprintf(stderr, "its results cannot be written to %s: %s", path.c_str(), std::strerror(errno));
        std::fflush(stderr);
        std::_Exit(1);
    }

    void put(const void *data, size_t bytes) { require(std::fwrite(data, 1, bytes, file) == bytes); }

    void enter(const char *name, size_t bytes) { table += name + (" " + std::to_string(bytes)) + "\\n"; }

public:
    Results(const std::string &path) : path(path), file(std::fopen(path.c_str(), "wb")) { require(file); }

    template <class T> void add(const char *name, const T *values, size_t size)
    {
        put(values, size*sizeof(T));
        enter(name, size*sizeof(T));
    }

    template <class T> void add(const char *name, const std::vector<T> &values)
    {
        add(name, values.data(), values.size());
    }

    template <class T> void add(const char *name, DynamicArray2D<T> &values)
    {
        for (size_t row = 0; row < values.n; row++)
            put(values(row).data(), values.m*sizeof(T));
        enter(name, values.n*values.m*sizeof(T));
    }

    void close()
    {
        const uint64_t length = table.size();
        put(table.data(), length);
        put(&length, sizeof length);
        require(std::fclose(file) == 0);
    }
};

"""
TAKING = """\
// The numbers of a text: one for all, or a file of them.
template <class T> T number(const std::string &text) { return T(std::atoll(text.c_str())); }
template <> double number<double>(const std::string &text) { return std::atof(text.c_str()); }
template <> float number<float>(const std::string &text) { return float(std::atof(text.c_str())); }
template <> char number<char>(const std::string &text) { return text == "True" || std::atoi(text.c_str()); }

template <class T> bool set(T *values, size_t size, const std::string &text)
{
    if (text == "True" || text == "False" || text[0] == '-' || (text[0] >= '0' && text[0] <= '9'))
        std::fill(values, values + size, number<T>(text));
    else
        set_variable_from_file("", values, size*sizeof(T), text);
    return true;
}

template <class T> bool set(std::vector<T> &values, const std::string &text)
{
    return set(values.data(), values.size(), text);
}

"""
TAKE = "void set_variable_by_name(std::string name, std::string s_value)"
LEAVE = "void _write_arrays()"
PROFILE = re.compile(r"// Write profiling info.*?(?=// Write last run info)", re.DOTALL)


def exchange(objects: Path, device: Any, taken: Mapping[str, Any], left: Mapping[str, Any]) -> None:
    """Let a program take and leave these variables, by name (TimedArrays are taken, too)."""
    arrays = {name: in_cpp(device, variable) for name, variable in taken.items()}
    arrays |= {f"{x.name}.values": f"{x.name}_values, {x.values.size}" for x in device.timed_arrays}
    sets = [f'if (name == "{name}" && set({array}, s_value)) return;' for name, array in arrays.items()]
    adds = [f'results.add("{name}", {in_cpp(device, variable)});' for name, variable in left.items()]
    text = objects.read_text()
    taking = [*sets, 'std::cerr << "There is no variable " << name; std::exit(1);']
    leaving = [
        "using namespace brian;",
        f'Results results(results_dir + "{FILE}");',
        *adds,
        "results.close();",
        *PROFILE.findall(text),
        'std::printf("completed %g\\n", Network::_last_run_completed_fraction);',
    ]
    text = _replace(text, TAKE, TAKING, taking)
    objects.write_text(_replace(text, LEAVE, LEAVING, leaving))


def in_cpp(device: Any, variable: Any) -> str:
    """Return how C++ names a variable, and its length where it does not know that itself."""
    array = device.get_array_name(variable, access_data=False)
    return array if isinstance(variable, DynamicArrayVariable) else f"{array}, _num_{array}"


def _replace(text: str, head: str, helpers: str, lines: list[str]) -> str:
    """Replace a function of the sources."""
    function = helpers + "\n    ".join([head, "{", *lines]) + "\n}\n"
    pattern = re.compile(rf"^{re.escape(head)} ?\n?\{{\n.*?^\}}\n", re.MULTILINE | re.DOTALL)
    replaced, number = pattern.subn(lambda found: function, text)
    assert number == 1, f"Brian2 writes no {head}: this version is not one of those in pyproject.toml"
    return replaced


def span(path: Path, name: str) -> tuple[int, int]:
    """Return where an array begins in the file of results, and how many bytes it has.

    Raises:
        OSError: the file cannot be read, or ends before its table.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(size - 8, 0))
        length = int.from_bytes(file.read(8), "little")
        if length > size - 8:
            raise OSError("it is not whole")
        file.seek(size - 8 - length)
        table = file.read(length).decode(errors="replace")
    start = 0
    for line in table.splitlines():
        found, _, number = line.partition(" ")
        if found == name:
            return start, int(number)
        start += int(number)
    raise OSError(f"it has no {name}")
