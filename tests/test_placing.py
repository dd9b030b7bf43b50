import subprocess
from itertools import pairwise

from dendritic_bp.placing import PLACE, place

OBJECTS = """\
void _init_arrays()
{
    _array_cells_v_s = new double[2500];
    _array_cells_E_L = new double[1];
}
void _dealloc_arrays()
{
    if(_static_array_w!=0)
    {
        delete [] _static_array_w;
        _static_array_w = 0;
    }
}
"""
MAIN = """
#include <cstdio>
#include <vector>
int main()
{
    for (size_t bytes : std::vector<size_t>{20000, 8, 8, 20000, 5000000, 20000, 3, 400000})
        std::printf("%zu %zu ", size_t(_place(bytes)), bytes);
}
"""

VECTORS = """
#include <cstdio>
#include <vector>
int main()
{
    std::vector<std::vector<double>> all(20);
    for (auto &each : all)
        for (int k = 0; k < 3000; k++)
            each.push_back(k);
    for (auto &each : all)
        std::printf("%zu ", size_t(each.data()));
}
"""


def test_all_arrays_are_placed_and_none_is_deleted(tmp_path):
    objects = tmp_path / "objects.cpp"
    objects.write_text(OBJECTS)
    place(objects)
    text = objects.read_text()
    assert text.startswith(PLACE)
    assert "_array_cells_v_s = static_cast<double*>(_place(2500*sizeof(double)));" in text
    assert "_array_cells_E_L = static_cast<double*>(_place(1*sizeof(double)));" in text
    rest = text.removeprefix(PLACE)
    assert "new double" not in rest and "delete" not in rest and "_static_array_w = 0;" in rest


def test_vectors_of_what_is_one_for_each_synapse_begin_on_a_line(tmp_path):
    source, binary = tmp_path / "vectors.cpp", tmp_path / "vectors"
    source.write_text(PLACE + VECTORS)
    subprocess.run(["g++", "-std=c++11", str(source), "-o", str(binary)], check=True)
    places = [int(word) for word in subprocess.check_output([binary], text=True).split()]
    assert len(places) == 20 and all(each % 64 == 0 for each in places)


def test_arrays_begin_on_different_lines_of_the_cache_and_do_not_overlap(tmp_path):
    source, binary = tmp_path / "places.cpp", tmp_path / "places"
    source.write_text(PLACE + MAIN)
    subprocess.run(["g++", "-std=c++11", str(source), "-o", str(binary)], check=True)
    numbers = [int(word) for word in subprocess.check_output([binary], text=True).split()]
    places = list(zip(numbers[::2], numbers[1::2], strict=True))
    large = [start for start, size in places if size > 1024]
    assert [start % 4096 for start in large] == [5 * 64 * k for k in range(5)]
    assert all(start % 16 == 0 for start, _ in places)
    assert all(a + size <= b for (a, size), (b, _) in pairwise(sorted(places)))
